import type { ConsentDecision, ConsentView } from '#contract'
import { useState } from 'react'
import { Notice } from '../ui/states.tsx'
import { AppIdentity } from './app-identity.tsx'
import { Answer } from './answer.tsx'
import { capabilities, presets, type Narrowing } from './capabilities.ts'
import { CapabilityLists } from './capability-lists.tsx'
import { Details } from './details.tsx'
import { FineTune } from './fine-tune.tsx'
import { Presets } from './presets.tsx'

type Props = {
  view: ConsentView
  /** Resolves to what went wrong, or to null when the browser is on its way. */
  decide: (decision: ConsentDecision) => Promise<string | null>
}

const waits =
  'An administrator has to approve this app before it can do anything. You can allow it now; it stays powerless until then.'

export function ConsentCard({ view, decide }: Props) {
  const [narrowing, setNarrowing] = useState<Narrowing>({
    scopes: view.scopes.map((s) => s.scope),
    // What she limited it to before stays so unless she changes it.
    objects: knownObjects(view),
    days: view.mostDays,
  })
  const [details, setDetails] = useState(view.details.map(({ parts }) => parts.map(({ id }) => id)))
  const choices = presets(view)
  const lists = capabilities(view, narrowing)
  const warnings = view.needsAdministrator ? [...view.warnings, waits] : view.warnings
  const empty = narrowing.scopes.length === 0 || narrowing.objects?.length === 0

  function answer(decision: 'allow' | 'deny') {
    if (decision === 'deny') return decide({ csrf: view.csrf, decision })
    return decide({
      csrf: view.csrf,
      decision,
      scopes: [...narrowing.scopes],
      ...(narrowing.objects && { objects: [...narrowing.objects] }),
      ...(view.details.length > 0 && { details }),
      ...(narrowing.days && { days: narrowing.days }),
    })
  }

  return (
    <>
      <AppIdentity view={view} />
      {choices.length > 1 && (
        <Presets
          choices={choices}
          scopes={narrowing.scopes}
          onChange={(scopes) => setNarrowing({ ...narrowing, scopes })}
        />
      )}
      <CapabilityLists view={view} lists={lists} until={narrowing.days} />
      <Details view={view} chosen={details} onChange={setDetails} />
      <FineTune view={view} narrowing={narrowing} onChange={setNarrowing} />
      {warnings.length > 0 && (
        <div className="mt-5">
          <Notice>
            {warnings.map((warning) => (
              <span key={warning} className="block">
                {warning}
              </span>
            ))}
          </Notice>
        </div>
      )}
      <Answer nothingChosen={empty} onAnswer={answer} />
    </>
  )
}

function knownObjects({ remembered, objects }: ConsentView): string[] | null {
  const limit = remembered?.objects
  return limit ? objects.map(({ name }) => name).filter((name) => limit.includes(name)) : null
}
