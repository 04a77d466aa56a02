import { sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import type { ObjectView } from '#contract'
import { tableOf } from '../objects/record-object.ts'
import type { ImportRecord, SourceRef } from './importer.ts'

/** Which record of ours is which of the source's, and what the source said when it was last brought over. */
export type Link = {
  source: string
  kind: string
  sourceId: string
  object: string
  targetId: string
  given: Record<string, unknown>
  /** References whose other end isn't here yet, by field. */
  waiting: Record<string, SourceRef> | null
  /** Number of the change set that brought it over last. */
  seq: number
}

type Row = {
  source: string
  kind: string
  source_id: string
  object: string
  target_id: string
  given: Record<string, unknown>
  waiting: Record<string, SourceRef> | null
  change_set_seq: number
}

/** A reference in our spelling, or undefined while its other end isn't here. */
export type Refer = (object: ObjectView, field: string, ref: SourceRef) => unknown

const portion = 200

export function createLinks(storage: Storage, importer: string) {
  const db = storage.db<never>()

  const find = async (source: string, kind: string, ids: readonly string[]): Promise<Map<string, Link>> => {
    const { rows } = await sql<Row>`select * from import_link where source = ${source} and kind = ${kind}
      and source_id in (select jsonb_array_elements_text(cast(${JSON.stringify(ids)} as jsonb)))`.execute(db)
    return new Map(rows.map((row) => [row.source_id, linkOf(row)]))
  }

  return {
    find,
    async put(on: Kysely<never>, link: Link): Promise<void> {
      await sql`insert into import_link (source, kind, source_id, object, target_id, given, waiting, change_set_seq)
        values (${link.source}, ${link.kind}, ${link.sourceId}, ${link.object}, ${link.targetId},
          cast(${JSON.stringify(link.given)} as jsonb), cast(${JSON.stringify(link.waiting)} as jsonb), ${link.seq})
        on conflict (source, kind, source_id) do update set given = excluded.given, target_id = excluded.target_id, waiting = excluded.waiting,
          change_set_seq = excluded.change_set_seq`.execute(on)
    },
    /** Fields whose newest change is somebody else's than the import's: however often it wrote others since. */
    async touchedHere(links: readonly Link[]): Promise<Map<string, Set<string>>> {
      const asked = JSON.stringify(links.map(({ object, targetId }) => ({ object, id: targetId })))
      const { rows } = await sql<{ record_id: string; name: string }>`
        select record_id, name from (
          select distinct on (change.record_id, field.name) change.record_id, field.name, change_set.actor_key
          from change
          join jsonb_to_recordset(cast(${asked} as jsonb)) as asked (object text, id text)
            on asked.object = change.object and asked.id = change.record_id
          join change_set on change_set.id = change.change_set_id
          cross join lateral unnest(change.fields) as field (name)
          order by change.record_id, field.name, change.change_set_seq desc, change.position desc) as newest
        where actor_key <> ${importer}`.execute(db)
      const touched = new Map<string, Set<string>>()
      for (const { record_id: id, name } of rows) touched.set(id, (touched.get(id) ?? new Set()).add(name))
      return touched
    },
    async deletedHere(object: string, links: readonly Link[]): Promise<Set<string>> {
      const ids = JSON.stringify(links.map(({ targetId }) => targetId))
      const { rows } = await sql<{ id: string }>`select id from ${sql.table(tableOf({ name: object }))}
        where deleted_at is not null and id in (select jsonb_array_elements_text(cast(${ids} as jsonb)))`.execute(
        db,
      )
      return new Set(rows.map(({ id }) => id))
    },
    /** What all references of these records point to. */
    async resolver(source: string, records: readonly ImportRecord[]): Promise<Refer> {
      const refs = records.flatMap(({ values }) => Object.values(values).filter(isRef)).map(({ ref }) => ref)
      const kinds = Map.groupBy(refs, ({ kind }) => kind)
      const found = new Map<string, Link>()
      for (const [kind, group] of kinds) {
        for (const [id, link] of await find(source, kind, [...new Set(group.map((ref) => ref.id))]))
          found.set(`${kind} ${id}`, link)
      }
      return (object, name, { ref }) => {
        const link = found.get(`${ref.kind} ${ref.id}`)
        const field = object.fields.find((one) => one.name === name)
        if (!link || !field) return undefined
        return field.kind === 'target' ? { object: link.object, id: link.targetId } : link.targetId
      }
    },
    async waiting(source: string, after: Pick<Link, 'kind' | 'sourceId'> | null): Promise<Link[]> {
      const { rows } =
        await sql<Row>`select * from import_link where source = ${source} and waiting is not null
        and waiting <> 'null' and (kind, source_id) > (${after?.kind ?? ''}, ${after?.sourceId ?? ''})
        order by kind, source_id limit ${portion}`.execute(db)
      return rows.map(linkOf)
    },
    async countWaiting(source: string): Promise<number> {
      const { rows } = await sql<{ n: number }>`select count(*) as n from import_link
        where source = ${source} and waiting is not null and waiting <> 'null'`.execute(db)
      return Number(rows[0]?.n ?? 0)
    },
  }
}

export function isRef(value: unknown): value is SourceRef {
  return typeof value === 'object' && value !== null && 'ref' in value && typeof value.ref === 'object'
}

function linkOf(row: Row): Link {
  return {
    source: row.source,
    kind: row.kind,
    sourceId: row.source_id,
    object: row.object,
    targetId: row.target_id,
    given: row.given,
    waiting: row.waiting,
    seq: Number(row.change_set_seq),
  }
}
