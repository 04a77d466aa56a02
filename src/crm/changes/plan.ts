import { submission as submissionShape } from '#contract'
import type { Intent, Submission } from '#contract'
import { CrmError } from '../errors.ts'
import { isStorable } from '../fields/text-rules.ts'
import type { RecordObject } from '../objects/record-object.ts'
import { shown } from '../query/filter.ts'
import { noRecord } from '../records/records.ts'
import { reachable, requireRight, requireScopes } from '../roles/access.ts'
import type { ReachableObject } from '../roles/access.ts'
import type { Desk } from './engine.ts'
import { creation, deletion, revision } from './effect.ts'
import type { Effect, HeldRecord, Values } from './effect.ts'
import { Problems, checkFixedFields, valuesToCreate, valuesToUpdate } from './values.ts'

/** One intent whose values passed their fields. `whole` has the fields that the actor doesn't see, too. */
export type Step = { seen: ReachableObject; whole: RecordObject } & (
  | { do: 'create'; values: Values }
  | { do: 'update'; id: string; version: number | null; values: Values }
  | { do: 'delete'; id: string; version: number | null }
)

/** Checks all that can be checked without the records. Throws `invalid`, `forbidden`, `not_found` or `too_large`. */
export function planSteps(desk: Desk, input: Submission): { submission: Submission; steps: Step[] } {
  const submission = checkSubmission(input)
  requireScopes(
    desk.access,
    submission.intents.map((intent) => intent.do),
  )
  const problems = new Problems(submission.intents.length > 1)
  const steps = submission.intents.map((intent, i) =>
    planStep(desk, intent, (field, message) => problems.add(i, field, message)),
  )
  problems.throwIfAny()
  return { submission, steps }
}

function planStep(desk: Desk, intent: Intent, report: (field: string, message: string) => void): Step {
  const seen = reachable(desk.access, intent.object)
  requireRight(seen, intent.do)
  const objects = { seen, whole: desk.metadata.objects.get(seen.name) ?? seen }
  switch (intent.do) {
    case 'create':
      return { ...objects, do: 'create', values: valuesToCreate(seen, intent.values, report) }
    case 'update':
      return {
        ...objects,
        do: 'update',
        id: intent.id,
        version: intent.version ?? null,
        values: valuesToUpdate(seen, intent.values, report),
      }
    case 'delete':
      return { ...objects, do: 'delete', id: intent.id, version: intent.version ?? null }
  }
}

/** Meets the steps with the records as they stand, locked: each effect with its step's index. Throws `not_found`, `conflict` or `invalid`. */
export function effectsOf(
  steps: readonly Step[],
  held: ReadonlyMap<string, HeldRecord>,
): Map<Effect, number> {
  const problems = new Problems(steps.length > 1)
  const effects = steps.map((step, i) => {
    if (step.do === 'create') return creation(step.whole, step.values)
    const current = held.get(step.id)
    if (!current || current.deleted) throw noRecord(step.seen)
    checkVersion(step, current)
    if (step.do === 'delete') return deletion(step.whole, current)
    checkFixedFields(step.seen, current, step.values, (field, message) => problems.add(i, field, message))
    return revision(step.whole, current, step.values)
  })
  problems.throwIfAny()
  return new Map(effects.flatMap((effect, i) => (effect ? [[effect, i] as const] : [])))
}

function checkVersion(step: Exclude<Step, { do: 'create' }>, { version, label }: HeldRecord): void {
  if (step.version === null || step.version === version) return
  throw new CrmError(
    'conflict',
    `${step.seen.label} ${step.id} (${label}) is at version ${version} now, not ${step.version}. Read it again`,
    { fields: { version: String(version) } },
  )
}

function checkSubmission(input: Submission): Submission {
  if (Array.isArray(input.intents) && input.intents.length > 100) {
    throw new CrmError('too_large', 'A submission may hold 100 intents at most')
  }
  const parsed = submissionShape.safeParse(input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new CrmError(
      'invalid',
      `The submission is malformed at ${issue?.path.map(String).join('.')}: ${issue?.message}`,
    )
  }
  const { intents, reason, idempotencyKey } = parsed.data
  if (!isStorable(reason ?? '') || !isStorable(idempotencyKey ?? '')) {
    throw new CrmError('invalid', 'The reason or the idempotency key has characters that are not text')
  }
  // zod leaves a member called __proto__ out without a word; here every unknown member is told.
  const dropped = input.intents.flatMap((intent, i) => {
    const kept = intents[i]
    if (!('values' in intent) || !kept || !('values' in kept)) return []
    return Object.keys(intent.values).filter((name) => !Object.hasOwn(kept.values, name))
  })[0]
  if (dropped !== undefined) {
    throw new CrmError('invalid', `${shown(dropped)} is not a field`, {
      fields: Object.fromEntries([[shown(dropped), 'is not a field']]),
    })
  }
  const ids = intents.flatMap((intent) => (intent.do === 'create' ? [] : [intent.id]))
  if (new Set(ids).size < ids.length) {
    throw new CrmError('invalid', 'A submission may change each record once only')
  }
  return parsed.data
}
