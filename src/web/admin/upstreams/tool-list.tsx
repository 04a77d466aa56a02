import type { UpstreamDetail, UpstreamToolView } from '#contract'
import { api } from '../../api/client.ts'
import { Section } from '../../shell/page.tsx'
import { ChoiceField } from '../../ui/choice.tsx'
import { Switch } from '../../ui/switch.tsx'
import { visible } from './tool-differences.tsx'
import { useUpstreamAct } from './upstreams.ts'

const reaches = [
  { value: 'read', label: 'Reads' },
  { value: 'write', label: 'Writes' },
] as const

/** Tools that were accepted: which agents may use, and with which permission. */
export function ToolList({ upstream }: { upstream: UpstreamDetail }) {
  const accepted = upstream.tools.filter((tool) => tool.accepted !== null)
  const declined = upstream.tools.filter(
    ({ state, accepted: taken }) => state === 'declined' && taken === null,
  )
  return (
    <Section
      title="Tools"
      lead={
        accepted.length > 0 &&
        'What is switched off no agent sees. A tool that writes asks for the permission to change things.'
      }
    >
      {accepted.length === 0 ? (
        <p className="text-table text-muted">
          {upstream.tools.length > 0
            ? 'None is accepted yet: agents see nothing.'
            : 'None is known yet. It may list them only to people with a credential of their own.'}
        </p>
      ) : (
        <ul aria-label="Tools" className="divide-y divide-line rounded-md border border-line">
          {accepted.map((tool) => (
            <Tool key={tool.name} tool={tool} upstream={upstream.id} />
          ))}
        </ul>
      )}
      {declined.length > 0 && (
        <p className="mt-3 text-table text-muted">
          Declined: {declined.map(({ name }) => visible(name)).join(', ')}. They come back here when they
          change.
        </p>
      )}
      {upstream.leftOut.length > 0 && (
        <div className="mt-3 text-table text-muted">
          <p>Left out, since no agent could use them:</p>
          <ul className="list-disc pl-5">
            {upstream.leftOut.map((line) => (
              <li key={line} className="[overflow-wrap:anywhere]">
                {visible(line)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Section>
  )
}

function Tool({ tool, upstream }: { tool: UpstreamToolView; upstream: string }) {
  const { busy, act } = useUpstreamAct()
  const { name, title, description, access, allowed, state } = tool
  const set = (to: { allowed?: boolean; access?: string }) =>
    act('The tool was not changed', () => api('PATCH', `/upstreams/${upstream}/tools`, { name, ...to }))
  return (
    <li className="flex items-center gap-3 px-3 py-1.5 max-sm:flex-col max-sm:items-stretch">
      <div className="min-w-0 grow">
        <Switch
          label={
            <>
              {visible(title ?? name)}
              {state === 'gone' && <span className="ml-2 text-xs text-danger">not offered any more</span>}
              {state === 'changed' && <span className="ml-2 text-xs text-amber">a change waits</span>}
            </>
          }
          hint={
            <>
              {title !== null && <code className="mr-1">{name}</code>}
              {visible(firstLine(description))}
            </>
          }
          checked={allowed}
          disabled={busy}
          onChange={(on) => void set({ allowed: on })}
        />
      </div>
      <ChoiceField
        label={`What ${name} does`}
        small
        className="w-24 shrink-0"
        value={access}
        choices={reaches}
        onChange={(next) => void set({ access: next })}
      />
    </li>
  )
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n')
  return line.length > 160 ? `${line.slice(0, 160).trimEnd()}…` : line
}
