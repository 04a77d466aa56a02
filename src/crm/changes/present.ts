import { z } from 'zod'
import type { ActorView, ChangeSetView, ChangeView } from '#contract'
import { isId } from '#foundation'
import { sql } from '#storage'
import type { Kysely, Transaction } from '#storage'
import { CrmError } from '../errors.ts'
import type { Field, Json } from '../fields/field-type.ts'
import { asJson } from '../fields/define.ts'
import { typeOf } from '../fields/registry.ts'
import type { Access } from '../roles/access.ts'
import type { Desk } from './engine.ts'
import { actorKey } from './actor-view.ts'

const actorShape: z.ZodType<ActorView> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('member'), member: z.string(), name: z.string() }),
  z.object({
    kind: z.literal('agent'),
    member: z.string(),
    name: z.string(),
    client: z.string(),
    clientName: z.string(),
    grant: z.string(),
  }),
  z.object({ kind: z.literal('system'), name: z.string() }),
])
const setRow = z.object({
  seq: z.coerce.number(),
  id: z.string(),
  at: z.date(),
  actor: actorShape,
  actor_key: z.string(),
  grant_id: z.string().nullable(),
  reason: z.string().nullable(),
  undoes: z.string().nullable(),
  undone_by: z.string().nullable(),
})
const values = z.record(z.string(), z.unknown())
const changeRow = z.object({
  id: z.string(),
  change_set_id: z.string(),
  object: z.string(),
  record_id: z.string(),
  label: z.string(),
  verb: z.enum(['create', 'update', 'delete', 'restore']),
  before: values,
  after: values,
})
export type StoredSet = z.infer<typeof setRow>
export type StoredChange = z.infer<typeof changeRow>

/** The columns of a change set, for statements that give {@link storedSets} its rows. */
export const setColumns = sql`cs.seq, cs.id, cs.at, cs.actor, cs.actor_key, cs.grant_id, cs.reason, cs.undoes, cs.undone_by`

export function storedSets(rows: unknown[]): StoredSet[] {
  return z.array(setRow).parse(rows)
}

export async function changesOf(
  db: Kysely<never>,
  sets: readonly StoredSet[],
  only: { id?: string } = {},
): Promise<StoredChange[]> {
  if (sets.length === 0) return []
  const record = only.id === undefined ? sql`` : sql` and record_id = ${only.id}`
  const { rows } = await sql`
    select id, change_set_id, object, record_id, label, verb, before, after from change
    where change_set_seq = any(${sets.map(({ seq }) => String(seq))}::bigint[])${record}
    order by change_set_seq, position`.execute(db)
  return z.array(changeRow).parse(rows)
}

/** The change set an idempotency key led to before. Throws `conflict` when it was used for something else. */
export async function answeredBefore(
  tx: Transaction<never>,
  key: string,
  idempotency: { key: string; payload: string } | null,
): Promise<string> {
  const { rows } = await sql<{ id: string; payload_hash: string }>`
    select id, payload_hash from change_set
    where actor_key = ${key} and idempotency_key = ${idempotency?.key ?? null}`.execute(tx)
  const row = rows[0]
  if (!row || row.payload_hash !== idempotency?.payload) {
    throw new CrmError('conflict', 'This idempotency key was used for another submission', {
      fields: { idempotencyKey: 'is taken' },
    })
  }
  return row.id
}

/** One change set as the actor may see it, or `not_found`. */
export async function presentById(desk: Desk, id: string): Promise<ChangeSetView> {
  if (!isId('chs', id)) throw new CrmError('not_found', 'There is no such change set')
  const db = desk.storage.db<never>()
  const { rows } = await sql`select ${setColumns} from change_set cs where cs.id = ${id}`.execute(db)
  const sets = storedSets(rows)
  const [view] = await present(desk, sets, await changesOf(db, sets))
  if (!view) throw new CrmError('not_found', 'There is no such change set')
  return view
}

/**
 * Change sets as the actor may see them. What it may not reach is left out, and so is a set of which
 * nothing remains; a set that changed nothing is shown to whoever made it.
 */
export async function present(
  desk: Desk,
  sets: readonly StoredSet[],
  changes: readonly StoredChange[],
): Promise<ChangeSetView[]> {
  const { access } = desk
  const seen = changes.filter(({ object }) => access.objects.has(object))
  const labels = await labelsOf(desk, seen)
  const bySet = Map.groupBy(seen, (change) => change.change_set_id)
  const filled = new Set(changes.map((change) => change.change_set_id))
  const mine = actorKey(desk.actor)
  return sets.flatMap((set) => {
    const own = bySet.get(set.id) ?? []
    if (own.length === 0 && (filled.has(set.id) || set.actor_key !== mine)) return []
    return [
      {
        id: set.id,
        actor: set.actor,
        at: set.at.toISOString(),
        reason: set.reason,
        status: set.undone_by === null ? ('applied' as const) : ('undone' as const),
        undoes: set.undoes,
        undoneBy: set.undone_by,
        changes: own.map((change) => changeView(access, change, labels)),
      },
    ]
  })
}

function changeView(access: Access, change: StoredChange, labels: Labels): ChangeView {
  const { id, object, record_id: recordId, label, verb } = change
  const shown = (held: Record<string, unknown>) =>
    Object.fromEntries(
      fieldsIn(access, change, held).map(([field, value]) => [field.name, shownValue(field, value, labels)]),
    )
  return { id, object, recordId, label, verb, before: shown(change.before), after: shown(change.after) }
}

/** The held values of a change that the actor may see. Fields that are gone or hidden are left out. */
function fieldsIn(access: Access, { object }: StoredChange, held: Record<string, unknown>): [Field, Json][] {
  const fields = access.objects.get(object)?.fields
  return Object.entries(held).flatMap(([name, value]): [Field, Json][] => {
    const field = fields?.get(name)
    return field ? [[field, asJson(value)]] : []
  })
}

/** Names of what values point to, by id. */
export type Labels = ReadonlyMap<string, string>

export function shownValue(field: Field, value: Json, labels: Labels): unknown {
  const type = typeOf(field)
  const pointer = type.reference?.(field, value)
  return type.format(field, value, pointer ? labels.get(pointer.id) : undefined)
}

/** Names, of deleted records too, of what these changes' values point to within the actor's reach. One statement at most. */
export async function labelsOf(desk: Desk, changes: readonly StoredChange[]): Promise<Labels> {
  const pointers = changes.flatMap((change) =>
    [change.before, change.after].flatMap((held) =>
      fieldsIn(desk.access, change, held).flatMap(([field, value]) => {
        const pointer = typeOf(field).reference?.(field, value)
        return pointer ? [pointer] : []
      }),
    ),
  )
  return namesOf(desk, pointers)
}

export async function namesOf(
  desk: Desk,
  pointers: readonly { object: string; id: string }[],
): Promise<Labels> {
  const parts = [...Map.groupBy(pointers, ({ object }) => object)].flatMap(([object, list]) => {
    const ids = [...new Set(list.map(({ id }) => id))]
    if (object === 'member') return [sql`select id, name as label from member where id = any(${ids}::text[])`]
    const table = desk.access.reach.tableOf(object)
    return table === null
      ? []
      : [sql`select id, label from ${sql.table(table)} where id = any(${ids}::text[])`]
  })
  if (parts.length === 0) return new Map()
  const { rows } = await sql<{ id: string; label: string }>`${sql.join(parts, sql` union all `)}`.execute(
    desk.storage.db<never>(),
  )
  return new Map(rows.map(({ id, label }) => [id, label]))
}
