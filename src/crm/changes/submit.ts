import { createHash } from 'node:crypto'
import type { ChangeSetView, Submission } from '#contract'
import { isId } from '#foundation'
import { refusal } from '../refusal.ts'
import { actorKey, actorView } from './actor-view.ts'
import { applyEffects } from './engine.ts'
import type { Desk } from './engine.ts'
import { lockRecords } from './lock.ts'
import { openChangeSet } from './log.ts'
import type { NewChangeSet } from './log.ts'
import { effectsOf, planSteps } from './plan.ts'
import type { Step } from './plan.ts'
import { checkReferences } from './references.ts'
import { answeredBefore, presentById } from './present.ts'
import { Problems } from './values.ts'
import { writeRefusal } from './write-records.ts'

/** Journey 2 of the design: validate, lock, diff, write, audit. All intents or none. */
export async function submit(desk: Desk, input: Submission): Promise<ChangeSetView> {
  const { submission, steps } = planSteps(desk, input)
  const given: NewChangeSet = {
    actor: desk.actor,
    view: actorView(desk.actor),
    at: desk.clock.now(),
    reason: submission.reason?.trim() || null,
    undoes: null,
    idempotency:
      submission.idempotencyKey === undefined
        ? null
        : { key: submission.idempotencyKey, payload: payloadHash(submission) },
  }
  const id = await refusal(write(desk, given, steps)).catch((error: unknown) => {
    throw writeRefusal(error, desk.metadata)
  })
  return presentById(desk, id)
}

async function write(desk: Desk, given: NewChangeSet, steps: Step[]): Promise<string> {
  return desk.storage.transaction<never, string>(async (tx) => {
    const set = await openChangeSet(tx, given)
    if (!set) return answeredBefore(tx, actorKey(desk.actor), given.idempotency)
    const existing = steps.flatMap((step) =>
      step.do !== 'create' && isId('rec', step.id) ? [{ object: step.whole, id: step.id }] : [],
    )
    const turns = effectsOf(steps, await lockRecords(tx, existing))
    const effects = [...turns.keys()]
    const problems = new Problems(steps.length > 1)
    await checkReferences(tx, desk.access, effects, (effect, field, message) => {
      problems.add(turns.get(effect) ?? 0, field, message)
    })
    problems.throwIfAny()
    await applyEffects(desk, tx, given, set, effects)
    return set.id
  })
}

/** The same members in another order are the same payload. */
function payloadHash({ intents, reason }: Submission): string {
  return createHash('sha256')
    .update(canonical({ intents, reason: reason ?? null }))
    .digest('base64url')
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
