import type { UndoConflict, UndoResult } from '#contract'
import { isId } from '#foundation'
import { sql } from '#storage'
import type { Transaction } from '#storage'
import { CrmError } from '../errors.ts'
import { asJson } from '../fields/define.ts'
import type { RecordObject } from '../objects/record-object.ts'
import { refusal } from '../refusal.ts'
import { requireRight, requireScopes } from '../roles/access.ts'
import type { Verb as Right } from '../roles/policy.ts'
import { actorKey, actorView } from './actor-view.ts'
import { applyEffects } from './engine.ts'
import type { Desk } from './engine.ts'
import type { Effect } from './effect.ts'
import { invert } from './invert.ts'
import type { Clash, PastChange } from './invert.ts'
import { lockRecords } from './lock.ts'
import { openChangeSet } from './log.ts'
import type { NewChangeSet } from './log.ts'
import { changesOf, namesOf, presentById, setColumns, shownValue, storedSets } from './present.ts'
import type { StoredChange, StoredSet } from './present.ts'
import { typeOf } from '../fields/registry.ts'
import { writeRefusal } from './write-records.ts'

/**
 * What taking a change back needs. A creation is taken back by the right that made it, so that an agent
 * with `crm:write` can clean up after itself; bringing a record back is adding one; but what takes back a
 * restoration deletes a record that others had before.
 */
const rightToUndo: Record<StoredChange['verb'], Right> = {
  create: 'create',
  update: 'update',
  delete: 'create',
  restore: 'delete',
}

/** Takes a change set back, as a change set of its own. Values changed since stay, and are reported. */
export async function undo(desk: Desk, id: string): Promise<UndoResult> {
  const given: NewChangeSet = {
    actor: desk.actor,
    view: actorView(desk.actor),
    at: desk.clock.now(),
    reason: null,
    undoes: id,
    idempotency: null,
  }
  const { changeSet, clashes } = await refusal(write(desk, given, id)).catch((error: unknown) => {
    throw writeRefusal(error, desk.metadata)
  })
  return {
    changeSet: changeSet === null ? null : await presentById(desk, changeSet),
    conflicts: await conflictViews(desk, clashes),
  }
}

async function write(desk: Desk, given: NewChangeSet, id: string) {
  return desk.storage.transaction<never, { changeSet: string | null; clashes: Clash[] }>(async (tx) => {
    // Locked first: of two who undo at once, the second finds it undone.
    const set = await lockSet(tx, id)
    const changes = set ? await changesOf(tx, [set]) : []
    if (!set || !isVisible(desk, set, changes)) throw new CrmError('not_found', 'There is no such change set')
    checkRights(desk, set, changes)
    if (set.undone_by !== null) {
      throw new CrmError('conflict', `This change set was undone already, by ${set.undone_by}`, {
        fields: { undoneBy: set.undone_by },
      })
    }
    const past = changes.map((change) => pastChange(desk, change))
    const held = await lockRecords(tx, past)
    const outcomes = past.map((change) => invert(change, held.get(change.id)))
    const effects = outcomes.flatMap(({ effect }): Effect[] => (effect ? [effect] : []))
    const clashes = outcomes.flatMap((outcome) => outcome.clashes)
    if (effects.length === 0) return { changeSet: null, clashes }
    const opened = await openChangeSet(tx, given)
    if (!opened) throw new Error('A change set without an idempotency key was not opened')
    await sql`update change_set set undone_by = ${opened.id} where id = ${id}`.execute(tx)
    await applyEffects(desk, tx, given, opened, effects)
    return { changeSet: opened.id, clashes }
  })
}

async function lockSet(tx: Transaction<never>, id: string): Promise<StoredSet | undefined> {
  if (!isId('chs', id)) return undefined
  const { rows } = await sql`select ${setColumns} from change_set cs where cs.id = ${id} for update`.execute(
    tx,
  )
  return storedSets(rows)[0]
}

function isVisible(desk: Desk, set: StoredSet, changes: readonly StoredChange[]): boolean {
  if (changes.length === 0) return set.actor_key === actorKey(desk.actor)
  return changes.some(({ object }) => desk.access.objects.has(object))
}

/** Throws `forbidden`. An agent takes back what its own grant did and nothing else. */
function checkRights(desk: Desk, set: StoredSet, changes: readonly StoredChange[]): void {
  requireScopes(desk.access, ['update', ...changes.map(({ verb }) => rightToUndo[verb])])
  if (desk.actor.kind === 'agent' && set.grant_id !== desk.actor.grant) {
    throw new CrmError('forbidden', 'An agent can undo only what was done under its own grant')
  }
  for (const { object: name, verb, before, after } of changes) {
    const object = desk.access.objects.get(name)
    if (!object) throw new CrmError('forbidden', 'Parts of this change set are outside what you may reach')
    requireRight(object, rightToUndo[verb])
    const locked = [...Object.keys(before), ...Object.keys(after)].find(
      (field) => desk.metadata.objects.get(name)?.fields.has(field) && !object.writable.has(field),
    )
    if (locked) throw new CrmError('forbidden', 'This change set wrote fields that you may not write')
  }
}

function pastChange(desk: Desk, change: StoredChange): PastChange {
  const object = desk.metadata.objects.get(change.object)
  if (!object) throw new CrmError('conflict', 'The object of this change set is gone')
  return {
    object,
    id: change.record_id,
    label: change.label,
    verb: change.verb,
    before: heldValues(object, change.before),
    after: heldValues(object, change.after),
  }
}

/** The values of fields that still exist. */
function heldValues(object: RecordObject, held: Record<string, unknown>): PastChange['before'] {
  return new Map(
    Object.entries(held).flatMap(([name, value]) =>
      object.fields.has(name) ? [[name, asJson(value)] as const] : [],
    ),
  )
}

async function conflictViews(desk: Desk, clashes: readonly Clash[]): Promise<UndoConflict[]> {
  const pairs = clashes.flatMap((clash) => {
    const field = desk.access.objects.get(clash.object)?.fields.get(clash.field)
    return field ? [{ clash, field }] : []
  })
  const pointers = pairs.flatMap(({ clash, field }) =>
    [clash.current, clash.wouldRestore].flatMap((value) => typeOf(field).reference?.(field, value) ?? []),
  )
  const labels = await namesOf(desk, pointers)
  return pairs.map(({ clash, field }) => ({
    ...clash,
    current: shownValue(field, clash.current, labels),
    wouldRestore: shownValue(field, clash.wouldRestore, labels),
  }))
}
