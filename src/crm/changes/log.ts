import type { ActorView } from '#contract'
import { newId } from '#foundation'
import { sql } from '#storage'
import type { Transaction } from '#storage'
import type { Actor } from '#identity'
import { typeOf } from '../fields/registry.ts'
import { sortKey, words } from '../fields/text-rules.ts'
import { ownFields } from '../objects/record-object.ts'
import { actorKey } from './actor-view.ts'
import type { Effect } from './effect.ts'

/** How much of a record's text is searched, and how much of it is kept to show where a word was found. */
const searchedLength = 20_000
const keptLength = 2_000

export type NewChangeSet = {
  actor: Actor
  view: ActorView
  at: Date
  reason: string | null
  undoes: string | null
  idempotency: { key: string; payload: string } | null
}
export type OpenChangeSet = { id: string; seq: number }

/**
 * Opens a change set. Null when this actor used the idempotency key before: the insert waits for a
 * twin that is still being written, so of any number at once exactly one goes on.
 */
export async function openChangeSet(
  tx: Transaction<never>,
  set: NewChangeSet,
): Promise<OpenChangeSet | null> {
  const id = newId('chs')
  const grant = set.actor.kind === 'agent' ? set.actor.grant : null
  const { rows } = await sql<{ seq: number }>`
    insert into change_set (id, at, actor, actor_key, grant_id, reason, undoes, idempotency_key, payload_hash)
    values (${id}, ${set.at}, ${JSON.stringify(set.view)}::jsonb, ${actorKey(set.actor)}, ${grant}, ${set.reason},
      ${set.undoes}, ${set.idempotency?.key ?? null}, ${set.idempotency?.payload ?? null})
    on conflict (actor_key, idempotency_key) do nothing returning seq`.execute(tx)
  return rows[0] ? { id, seq: Number(rows[0].seq) } : null
}

/** Writes a change set's changes and brings the search index along. One statement. */
export async function logChanges(
  tx: Transaction<never>,
  set: OpenChangeSet,
  effects: readonly Effect[],
): Promise<void> {
  const changes = effects.map(({ id, object, verb, before, after, record }, position) => ({
    id,
    position,
    object: object.name,
    record_id: record.id,
    label: record.label,
    verb,
    before: Object.fromEntries(before),
    after: Object.fromEntries(after),
    fields: [...new Set([...before.keys(), ...after.keys()])],
  }))
  const gone = effects.filter(({ verb }) => verb === 'delete').map(({ record }) => record.id)
  const entries = effects.filter(changesText).map(searchEntry)
  await sql`
    with forgotten as (
      delete from search_entry where record_id = any(${gone}::text[])
    ), found as (
      insert into search_entry (record_id, object, label, label_fold, body, words)
      select record_id, object, label, label_fold, body, to_tsvector('simple', words)
      from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
        as x(record_id text, object text, label text, label_fold text, body text, words text)
      on conflict (record_id) do update set label = excluded.label, label_fold = excluded.label_fold,
        body = excluded.body, words = excluded.words
    )
    insert into change (id, change_set_id, change_set_seq, position, object, record_id, label, verb, before, after, fields)
    select id, ${set.id}, ${set.seq}::bigint, position, object, record_id, label, verb, before, after, fields
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb)
      as x(id text, position integer, object text, record_id text, label text, verb text, before jsonb, after jsonb, fields text[])`.execute(
    tx,
  )
}

function changesText({ object, verb, before, after }: Effect): boolean {
  if (verb === 'delete') return false
  if (verb !== 'update') return true
  return [...after].some(([name, value]) => {
    const field = object.fields.get(name)
    return field && typeOf(field).text(value) !== typeOf(field).text(before.get(name) ?? null)
  })
}

function searchEntry({ object, record }: Effect) {
  const lines = ownFields(object)
    .filter(({ name }) => name !== object.labelField)
    .map((field) => typeOf(field).text(record.values.get(field.name) ?? null))
    .filter(Boolean)
  const body = lines.join('\n')
  return {
    record_id: record.id,
    object: object.name,
    label: record.label,
    label_fold: sortKey(record.label),
    body: body.slice(0, keptLength).toWellFormed(),
    // Folding may lengthen a text (ﷺ becomes 18 letters), and a tsvector ends at 1 MB.
    words: words(`${record.label}\n${body}`.slice(0, searchedLength))
      .join(' ')
      .slice(0, 2 * searchedLength)
      .toWellFormed(),
  }
}
