import type { Json } from '../fields/field-type.ts'
import { ownFields } from '../objects/record-object.ts'
import type { RecordObject } from '../objects/record-object.ts'
import { deletion, restoration, revision, sameValue } from './effect.ts'
import type { Effect, HeldRecord, Values, Verb } from './effect.ts'

/** A change of the past, its values held, its fields those that still exist. */
export type PastChange = {
  object: RecordObject
  id: string
  label: string
  verb: Verb
  before: Values
  after: Values
}

/** A value that isn't what the change left: somebody wrote it since, so it stays. */
export type Clash = {
  object: string
  recordId: string
  label: string
  field: string
  current: Json
  wouldRestore: Json
}
export type Inversion = { effect: Effect | null; clashes: Clash[] }

/** The three-way undo of one change: from what it left (`after`), what is there now, and what was (`before`). */
export function invert(change: PastChange, current: HeldRecord | undefined): Inversion {
  if (!current) return { effect: null, clashes: [] }
  switch (change.verb) {
    case 'delete':
      return { effect: current.deleted ? restoration(change.object, current) : null, clashes: [] }
    case 'create':
    case 'restore':
      return invertArrival(change, current)
    case 'update':
      return invertUpdate(change, current)
  }
}

/** A record that others have worked on since it came is not deleted under their hands. */
function invertArrival(change: PastChange, current: HeldRecord): Inversion {
  if (current.deleted) return { effect: null, clashes: [] }
  const clashes = ownFields(change.object).flatMap(({ name }): Clash[] => {
    const left = change.after.get(name) ?? null
    const now = current.values.get(name) ?? null
    return sameValue(change.object, name, now, left) ? [] : [clash(change, current, name, now, null)]
  })
  return clashes.length > 0
    ? { effect: null, clashes }
    : { effect: deletion(change.object, current), clashes: [] }
}

function invertUpdate(change: PastChange, current: HeldRecord): Inversion {
  const wanted: Values = new Map()
  const clashes: Clash[] = []
  for (const [name, left] of change.after) {
    const earlier = change.before.get(name) ?? null
    const now = current.values.get(name) ?? null
    if (current.deleted) clashes.push(clash(change, current, name, null, earlier))
    else if (sameValue(change.object, name, now, left)) wanted.set(name, earlier)
    else if (!sameValue(change.object, name, now, earlier)) {
      clashes.push(clash(change, current, name, now, earlier))
    }
  }
  return { effect: wanted.size > 0 ? revision(change.object, current, wanted) : null, clashes }
}

function clash(
  { object }: PastChange,
  { id, label }: HeldRecord,
  field: string,
  current: Json,
  wouldRestore: Json,
): Clash {
  return { object: object.name, recordId: id, label, field, current, wouldRestore }
}
