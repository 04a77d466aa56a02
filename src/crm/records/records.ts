import { query as queryShape } from '#contract'
import type { Query, RecordPage, RecordView } from '#contract'
import { isId } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { CrmError } from '../errors.ts'
import { refusal } from '../refusal.ts'
import type { Condition, FilterContext } from '../fields/field-type.ts'
import { tableOf } from '../objects/record-object.ts'
import { afterCursor, keyText, readCursor, writeCursor } from '../query/cursor.ts'
import { checkFilter, compileFilter, unknownField } from '../query/filter.ts'
import { searchCondition } from './search-condition.ts'
import { recordView, selectFields } from '../query/select.ts'
import type { Row } from '../query/select.ts'
import { orderBy, orderOf } from '../query/sort.ts'
import { reachable } from '../roles/access.ts'
import type { Access, ReachableObject } from '../roles/access.ts'

/** The alias of the record's table in every statement here. */
const t = 't'

/** Answers a query with one statement; a second one when it has words to search, or a count but no record. */
export async function findRecords(
  storage: Storage,
  access: Access,
  objectName: string,
  input: Query,
  context: FilterContext,
): Promise<RecordPage> {
  const object = reachable(access, objectName)
  const { conditions, query } = conditionsOf(object, input, context)
  if (query.search !== undefined) conditions.push(await searchCondition(storage, object, query.search))
  const orders = orderOf(object, t, query.sort ?? [])
  const selection = selectFields(wantedFields(object, query.fields), t, access.reach)
  const where = sql.join(conditions, sql` and `)
  const page =
    query.after === undefined
      ? where
      : sql`${where} and ${afterCursor(orders, readCursor(query.after, object.name, orders))}`
  const table = sql.table(tableOf(object))
  const columns = [
    sql`t.id, t.version, t.label`,
    ...selection.expressions,
    ...orders.map((order, i) => sql`${keyText(order)} as ${sql.id(`k${i}`)}`),
    ...(query.count ? [sql`(select count(*) from ${table} t where ${where}) as total`] : []),
  ]
  const { rows } = await refusal(
    sql<Row>`select ${sql.join(columns)} from ${table} t where ${page} ${orderBy(orders)} limit ${query.limit + 1}`.execute(
      storage.db<never>(),
    ),
  )
  const shown = rows.slice(0, query.limit)
  const last = rows.length > query.limit ? shown.at(-1) : undefined
  return {
    records: shown.map((row) => recordView(object.name, row, selection.read(row))),
    next: last
      ? writeCursor(
          object.name,
          orders,
          orders.map((_, i) => textOrNull(last[`k${i}`])),
        )
      : null,
    ...(query.count ? { count: await total(storage, rows[0], table, where) } : {}),
  }
}

/** One record, or `not_found`: deleted, out of reach and never there look the same. */
export async function getRecord(
  storage: Storage,
  access: Access,
  objectName: string,
  id: string,
): Promise<RecordView> {
  const object = reachable(access, objectName)
  if (!isId('rec', id)) throw noRecord(object)
  const selection = selectFields([...object.fields.values()], t, access.reach)
  const { rows } = await refusal(
    sql<Row>`select t.id, t.version, t.label, ${sql.join(selection.expressions)}
      from ${sql.table(tableOf(object))} t where t.id = ${id} and t.deleted_at is null`.execute(
      storage.db<never>(),
    ),
  )
  const row = rows[0]
  if (!row) throw noRecord(object)
  return recordView(object.name, row, selection.read(row))
}

export function noRecord(object: Pick<ReachableObject, 'label'>): CrmError {
  return new CrmError('not_found', `There is no such ${object.label.toLowerCase()}, or it was deleted`)
}

function conditionsOf(object: ReachableObject, input: Query, context: FilterContext) {
  // The depth is checked before zod recurses over the filter.
  const filter = input.filter === undefined ? undefined : checkFilter(input.filter)
  const { filter: _checked, ...rest } = input
  const parsed = queryShape.safeParse(rest)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const at = issue?.path.map(String).join('.') ?? ''
    throw new CrmError('invalid', `The query is malformed${at ? ` at ${at}` : ''}: ${issue?.message}`)
  }
  const conditions: Condition[] = [sql<boolean>`t.deleted_at is null`]
  if (filter) conditions.push(compileFilter(object, t, filter, context))
  return { conditions, query: parsed.data }
}

function wantedFields(object: ReachableObject, names: readonly string[] | undefined) {
  if (!names) return [...object.fields.values()]
  return [...new Set(names)].map((name) => {
    const field = object.fields.get(name)
    if (!field) throw unknownField(object, name)
    return field
  })
}

async function total(
  storage: Storage,
  row: Row | undefined,
  table: ReturnType<typeof sql.table>,
  where: ReturnType<typeof sql.join>,
): Promise<number> {
  if (row) return Number(row['total'])
  const { rows } = await sql<Row>`select count(*) as total from ${table} t where ${where}`.execute(
    storage.db<never>(),
  )
  return Number(rows[0]?.['total'] ?? 0)
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}
