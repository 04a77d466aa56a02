import type { ClientPolicy, DryRunLine, DryRunView } from '#contract'
import { Field } from '@base-ui/react/field'
import { useMutation } from '@tanstack/react-query'
import { ArrowRight } from 'lucide-react'
import { useState } from 'react'
import { Section } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { Problem } from '../../ui/states.tsx'
import { inputClass } from '../../ui/text-field.tsx'
import { dryRun } from './policy.ts'
import { Outcome } from './rule-list.tsx'

/** What the draft would decide about the apps seen so far, and about a registration that is pasted. Changes nothing. */
export function DryRun({ draft, dirty }: { draft: ClientPolicy; dirty: boolean }) {
  const [text, setText] = useState('')
  const run = useMutation({ mutationFn: () => dryRun(draft, text) })
  return (
    <Section
      title="Try it out"
      lead={`See what ${dirty ? 'this draft' : 'the policy'} decides about the apps seen here so far, and about one that isn’t here yet. Nothing changes.`}
    >
      <Field.Root className="flex flex-col gap-1">
        <Field.Label className="text-table font-medium text-ink">
          A registration or metadata document (optional)
        </Field.Label>
        <Field.Control
          value={text}
          onValueChange={(value) => setText(String(value))}
          placeholder='{ "client_name": "Notebook", "redirect_uris": ["https://notebook.example/callback"] }'
          render={<textarea rows={3} spellCheck={false} />}
          className={`${inputClass} h-auto! py-2 font-mono text-xs`}
        />
      </Field.Root>
      <Button className="mt-3" disabled={run.isPending} onClick={() => run.mutate()}>
        {run.isPending ? 'Trying…' : 'Try it out'}
      </Button>
      <div aria-live="polite">
        {run.isError && <Problem error={run.error} />}
        {run.data && <Result result={run.data} />}
      </div>
    </Section>
  )
}

function Result({ result }: { result: DryRunView }) {
  const { lines, registration, looked, more } = result
  const changed = lines.filter((line) => line.changed)
  const same = lines.filter((line) => !line.changed)
  return (
    <div className="mt-4 flex flex-col gap-4">
      {registration && (
        <div>
          <h3 className="mb-1 text-table font-medium">What you pasted</h3>
          {'problem' in registration ? (
            <p className="text-table text-danger">It can’t be read: {registration.problem}</p>
          ) : (
            <Lines lines={registration.lines} />
          )}
        </div>
      )}
      <div>
        <h3 className="mb-1 text-table font-medium">
          {changed.length === 0
            ? `Nothing changes for the ${looked === 1 ? 'app' : `${looked} apps`} seen so far`
            : `Changes for ${new Set(changed.map(({ client }) => client.id)).size} of ${looked} apps`}
          {more && ', the newest that there are'}
        </h3>
        {changed.length > 0 && <Lines lines={changed} />}
      </div>
      {same.length > 0 && (
        <details className="text-table">
          <summary className="cursor-pointer py-1 text-muted">Unchanged ({same.length})</summary>
          <Lines lines={same} />
        </details>
      )}
    </div>
  )
}

function Lines({ lines }: { lines: readonly DryRunLine[] }) {
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {lines.map((line) => (
        <li
          key={`${line.client.id} ${line.redirect}`}
          className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-table"
        >
          <span className="min-w-0 grow basis-44 [overflow-wrap:anywhere]">
            <bdi className="font-medium">{line.client.name}</bdi>{' '}
            <span className="text-muted">
              {line.redirect === ''
                ? line.client.registration === 'dynamic'
                  ? 'registering'
                  : ''
                : `→ ${line.redirect}`}
              {line.grants > 0 && ` · ${line.grants === 1 ? '1 permission' : `${line.grants} permissions`}`}
            </span>
          </span>
          <span className="flex flex-wrap items-center gap-1.5">
            <span title={line.before.why}>
              <Outcome outcome={line.before.outcome} /> <span className="text-faint">{line.before.rule}</span>
            </span>
            <ArrowRight size={14} className="text-faint" aria-label="becomes" />
            <span title={line.after.why}>
              <Outcome outcome={line.after.outcome} /> <span className="text-faint">{line.after.rule}</span>
            </span>
          </span>
        </li>
      ))}
    </ul>
  )
}
