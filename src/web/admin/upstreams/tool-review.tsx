import type { UpstreamDetail, UpstreamToolView } from '#contract'
import { ChevronRight, TriangleAlert } from 'lucide-react'
import { api } from '../../api/client.ts'
import { Section } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { toast } from '../../ui/toast.tsx'
import { useHandOn } from '../../ui/use-hand-on.ts'
import { ToolDifferences } from './tool-differences.tsx'
import { toolsWords, useUpstreamAct } from './upstreams.ts'

type Waiting = UpstreamToolView & { waiting: NonNullable<UpstreamToolView['waiting']> }
type Decision = 'accept' | 'decline'

function isWaiting(tool: UpstreamToolView): tool is Waiting {
  return tool.waiting !== null && tool.state !== 'declined'
}

/** What the upstream offers that nobody accepted yet: agents see none of it until then. */
export function ToolReview({ upstream }: { upstream: UpstreamDetail }) {
  const { busy, act } = useUpstreamAct()
  const waiting = upstream.tools.filter(isWaiting)
  const plain = waiting.filter(({ waiting: { warnings } }) => warnings.length === 0)
  if (waiting.length === 0) return null

  async function decide(tools: Waiting[], decision: Decision) {
    const done = await act('Nothing was decided', () =>
      api('POST', `/upstreams/${upstream.id}/tools/decision`, {
        tools: tools.map(({ name, waiting: { fingerprint } }) => ({ name, decision, fingerprint })),
      }).then(() => true),
    )
    if (done) toast(`${toolsWords(tools.length)} ${decision === 'accept' ? 'accepted' : 'declined'}`)
  }
  return (
    <Section
      title="Waiting for your review"
      lead="Models read these words as instructions. Agents see a tool as you accepted it, and no change until you accepted that too."
    >
      {plain.length > 1 && (
        <AcceptMany
          words={
            plain.length === waiting.length
              ? `Accept all ${plain.length}`
              : `Accept the ${plain.length} without warnings`
          }
          busy={busy}
          onClick={() => void decide(plain, 'accept')}
        />
      )}
      <ul className="flex flex-col gap-3" aria-label="Waiting for your review">
        {waiting.map((tool) => (
          <Tool
            key={tool.name}
            tool={tool}
            busy={busy}
            startsOpen={waiting.length <= 3 || tool.waiting.warnings.length > 0 || tool.state === 'changed'}
            onDecide={(decision) => void decide([tool], decision)}
          />
        ))}
      </ul>
    </Section>
  )
}

function AcceptMany({ words, busy, onClick }: { words: string; busy: boolean; onClick: () => void }) {
  const entry = useHandOn<HTMLDivElement>()
  return (
    <div ref={entry} className="mb-3">
      <Button look="primary" small disabled={busy} onClick={onClick}>
        {words}
      </Button>
    </div>
  )
}

function Tool({
  tool,
  busy,
  startsOpen,
  onDecide,
}: {
  tool: Waiting
  busy: boolean
  startsOpen: boolean
  onDecide: (decision: Decision) => void
}) {
  const entry = useHandOn()
  return (
    <li ref={entry} className="rounded-md border border-line">
      <details className="group" open={startsOpen}>
        <summary className="flex cursor-pointer items-center gap-2 rounded-md px-3 py-2 text-sm hover:bg-hover">
          <ChevronRight
            size={15}
            className="shrink-0 text-faint transition-transform group-open:rotate-90"
            aria-hidden
          />
          <span className="min-w-0 grow font-medium [overflow-wrap:anywhere]">
            {tool.name}
            <span className="ml-2 text-xs font-normal text-faint">
              {tool.state === 'changed' ? 'changed' : 'new'},{' '}
              {tool.access === 'read' ? 'reads' : 'reads and writes'}
            </span>
          </span>
          {tool.waiting.warnings.length > 0 && (
            <TriangleAlert size={16} className="shrink-0 text-amber" aria-label="It has warnings" />
          )}
        </summary>
        <div className="flex flex-col gap-3 border-t border-line p-3">
          {tool.waiting.warnings.length > 0 && (
            <ul className="rounded-md border border-amber-line bg-amber-soft px-3 py-2 text-table text-amber">
              {tool.waiting.warnings.map((warning) => (
                <li key={warning}>{warning}.</li>
              ))}
            </ul>
          )}
          <ToolDifferences differences={tool.waiting.differences} />
          <div className="flex flex-wrap gap-2">
            <Button
              small
              look={tool.waiting.warnings.length > 0 ? 'ending' : 'plain'}
              disabled={busy}
              aria-label={`${acceptWords(tool)} ${tool.name}`}
              onClick={() => onDecide('accept')}
            >
              {acceptWords(tool)}
            </Button>
            <Button
              small
              look="quiet"
              disabled={busy}
              aria-label={`Decline ${tool.name}`}
              onClick={() => onDecide('decline')}
            >
              Decline
            </Button>
          </div>
        </div>
      </details>
    </li>
  )
}

function acceptWords({ waiting: { warnings } }: Waiting): string {
  return warnings.length > 0 ? 'Accept nevertheless' : 'Accept'
}
