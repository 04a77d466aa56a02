import type { Audit } from '#audit'
import type { Clock } from '#foundation'
import type { Storage, Transaction } from '#storage'
import type { Actor } from '#identity'
import type { Metadata } from '../objects/record-object.ts'
import type { Access } from '../roles/access.ts'
import { auditActor } from '#identity'
import type { Effect } from './effect.ts'
import { logChanges } from './log.ts'
import type { NewChangeSet, OpenChangeSet } from './log.ts'
import { writeRecords } from './write-records.ts'

/** What every change needs at hand: who asks, what they may do, and the parts it is written with. */
export type Desk = {
  storage: Storage
  audit: Audit
  clock: Clock
  actor: Actor
  access: Access
  metadata: Metadata
}

/** Published in the transaction of each change set that changed records. */
export const recordsChanged = 'records.changed'

/** Writes an open change set's effects: records, changes, search, audit, event. All in the caller's transaction. */
export async function applyEffects(
  desk: Desk,
  tx: Transaction<never>,
  given: NewChangeSet,
  set: OpenChangeSet,
  effects: readonly Effect[],
): Promise<void> {
  if (effects.length === 0) return
  await writeRecords(tx, effects, given.view, given.at)
  await logChanges(tx, set, effects)
  const objects = [...new Set(effects.map(({ object }) => object.name))].join(',')
  await desk.audit.record(tx, {
    event: given.undoes === null ? 'change_set.applied' : 'change_set.undone',
    outcome: 'ok',
    actor: auditActor(given.actor),
    subject: { kind: 'change_set', id: set.id },
    detail: { changes: effects.length, objects, ...(given.undoes === null ? {} : { undoes: given.undoes }) },
  })
  await desk.storage.publish(tx, recordsChanged, {
    changeSet: set.id,
    objects,
    ids: effects.map(({ record }) => record.id).join(','),
  })
}
