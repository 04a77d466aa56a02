import { createHash } from 'node:crypto'
import type { Intent } from '#contract'
import type { Clock } from '#foundation'
import type { SystemActor } from '#identity'
import { sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import { actorKey } from '../changes/actor-view.ts'
import type { Crm } from '../crm.ts'
import { CrmError } from '../errors.ts'
import { defineMissing } from './define-missing.ts'
import type { ImportBatch, Importer, ImportResult, ImportState } from './importer.ts'
import { createLinks } from './links.ts'
import type { Link } from './links.ts'
import { planRecord } from './plan-record.ts'
import type { Planned } from './plan-record.ts'

/** A page that was planned: kept before it is written, so that a crash in between can be made good. */
type Page = { source: string; kind: string; object: string; planned: Planned[]; reason: string }

/** `name` is who history says did it. */
export function createImporter(deps: { storage: Storage; crm: Crm; clock: Clock; name: string }): Importer {
  const { storage, crm, clock, name } = deps
  const db = storage.db<never>()
  const actor: SystemActor = { kind: 'system', name }
  const links = createLinks(storage, actorKey(actor))

  const keepPage = async (page: Page): Promise<string> => {
    const body = JSON.stringify(page)
    const key = createHash('sha256').update(body).update(String(clock.now().getTime())).digest('base64url')
    await sql`insert into import_page (source, key, body) values (${page.source}, ${key}, cast(${body} as jsonb))
      on conflict (source) do update set key = excluded.key, body = excluded.body`.execute(db)
    return key
  }

  /** The idempotency key makes writing again give the first answer: the page is written exactly once. */
  const writePage = async (page: Page, key: string): Promise<void> => {
    const intents = page.planned.map(({ intent }) => intent)
    const set =
      intents.length === 0
        ? null
        : await crm.changes.submit(actor, { intents, reason: page.reason, idempotencyKey: `import:${key}` })
    const created = (set?.changes ?? [])
      .filter(({ verb }) => verb === 'create')
      .map(({ recordId }) => recordId)
    await storage.transaction<never, void>(async (tx) => {
      const seq = set ? await seqOf(tx, set.id) : 0
      let next = 0
      for (const { intent, link } of page.planned) {
        const target = intent.do === 'create' ? created[next++] : intent.id
        if (target === undefined) throw new Error('the change set lacks a record that it created')
        await links.put(tx, { ...link, targetId: target, seq })
      }
      await sql`delete from import_page where source = ${page.source}`.execute(tx)
    })
  }

  /** Remembers what a run that died wrote. What it only planned comes again, and is planned by what people did meanwhile. */
  const finishPage = async (source: string): Promise<void> => {
    const { rows } = await sql<{ key: string; body: Page; written: boolean }>`
      select key, body, exists (select from change_set
        where actor_key = ${actorKey(actor)} and idempotency_key = 'import:' || key) as written
      from import_page where source = ${source}`.execute(db)
    const [left] = rows
    if (left?.written) await writePage(left.body, left.key)
    else if (left) await sql`delete from import_page where source = ${source}`.execute(db)
  }

  /** All at once, else one by one: one record that doesn't fit must not hold back the others. */
  const writeAll = async (batch: ImportBatch, planned: Planned[], result: ImportResult): Promise<void> => {
    if (planned.length === 0) return
    const page = { source: batch.source, kind: batch.kind, object: batch.object, planned, reason: name }
    try {
      await writePage(page, await keepPage(page))
      count(planned, result)
    } catch (error) {
      if (!(error instanceof CrmError)) throw error
      if (planned.length > 1) {
        for (const one of planned) await writeAll(batch, [one], result)
        return
      }
      const [one] = planned
      if (one) await writeLess(batch, one, error, result)
    }
  }

  /** Without the fields that were refused, as long as the refusal names some. */
  const writeLess = async (
    batch: ImportBatch,
    planned: Planned,
    error: CrmError,
    result: ImportResult,
  ): Promise<void> => {
    const { intent, link } = planned
    const values = intent.do === 'delete' ? {} : intent.values
    const refused = Object.keys(error.fields).filter((field) => Object.hasOwn(values, field))
    if (refused.length === 0) {
      result.refused.push({ id: link.sourceId, why: error.message })
      await sql`delete from import_page where source = ${batch.source}`.execute(db)
      return
    }
    for (const field of refused)
      result.dropped.push({ id: link.sourceId, field, why: error.fields[field] ?? error.message })
    const left = Object.fromEntries(Object.entries(values).filter(([field]) => !refused.includes(field)))
    if (Object.keys(left).length === 0) {
      if (intent.do === 'create') result.refused.push({ id: link.sourceId, why: error.message })
      await sql`delete from import_page where source = ${batch.source}`.execute(db)
      return
    }
    await writeAll(batch, [{ ...planned, intent: { ...intent, values: left } as Intent }], result)
  }

  const keepRun = async (source: string, state: ImportState, finished: Date | null): Promise<void> => {
    await sql`insert into import_run (source, started_at, finished_at, state)
      values (${source}, ${clock.now()}, ${finished}, cast(${JSON.stringify(state)} as jsonb))
      on conflict (source) do update set state = excluded.state, finished_at = excluded.finished_at,
        started_at = case when import_run.finished_at is null then import_run.started_at else excluded.started_at end`.execute(
      db,
    )
  }

  return {
    define: (definition) => defineMissing(crm, actor, definition),
    async write(batch) {
      await finishPage(batch.source)
      const result = emptyResult()
      const object = await crm.objects.get(actor, batch.object)
      const known = await links.find(
        batch.source,
        batch.kind,
        batch.records.map(({ id }) => id),
      )
      const others = await links.resolver(batch.source, batch.records)
      const touched = await links.touchedHere([...known.values()])
      const gone = await links.deletedHere(batch.object, [...known.values()])
      const planned: Planned[] = []
      for (const record of batch.records) {
        const link = known.get(record.id)
        if (link && gone.has(link.targetId)) {
          result.kept.push({ id: record.id, fields: ['(deleted here)'] })
          continue
        }
        const plan = planRecord({
          batch,
          record,
          object,
          link,
          refer: others,
          touched: link ? (touched.get(link.targetId) ?? new Set()) : new Set(),
        })
        if (plan.kept.length > 0) result.kept.push({ id: record.id, fields: plan.kept })
        if (plan.planned) planned.push(plan.planned)
        else result.unchanged++
      }
      await writeAll(batch, planned, result)
      return result
    },
    async resolve(source) {
      await finishPage(source)
      let resolved = 0
      let after: Pick<Link, 'kind' | 'sourceId'> | null = null
      for (;;) {
        const waiting: Link[] = await links.waiting(source, after)
        const last = waiting.at(-1)
        if (!last) return { resolved, missing: await links.countWaiting(source) }
        after = last
        resolved += await resolveSome(source, waiting)
      }
    },
    async find(source, kind, id) {
      const link = (await links.find(source, kind, [id])).get(id)
      return link ? { object: link.object, id: link.targetId } : null
    },
    async attach(from, place, file) {
      const known = (await links.find(from.source, from.kind, [from.id])).get(from.id)
      if (known && known.targetId !== '') return null
      // A run that stopped in between left a claim: the file may be there already.
      const there =
        known && (await crm.files.list(actor, place)).find(({ name: called }) => called === file.name)
      if (!known) await links.put(db, { ...linkOf(from, 'file'), targetId: '', seq: 0 })
      const view = there ?? (await crm.files.attach(actor, place, file))
      await links.put(db, { ...linkOf(from, 'file'), targetId: view.id, seq: 0 })
      return there ? null : view
    },
    async saveView(from, view) {
      if ((await links.find(from.source, from.kind, [from.id])).size > 0) return false
      const saved = await crm.views.save(actor, view)
      await links.put(db, { ...linkOf(from, 'view'), targetId: saved.id, seq: 0 })
      return true
    },
    async unfinished(source) {
      const { rows } = await sql<{ state: ImportState }>`
        select state from import_run where source = ${source} and finished_at is null`.execute(db)
      return rows[0]?.state ?? null
    },
    async lastFinished(source) {
      const { rows } = await sql<{ state: ImportState }>`
        select state from import_run where source = ${source} and finished_at is not null`.execute(db)
      return rows[0]?.state ?? null
    },
    keep: (source, state) => keepRun(source, state, null),
    finish: (source, state) => keepRun(source, state, clock.now()),
  }

  /** Writes the references of these that have their other end now. */
  async function resolveSome(source: string, waiting: Link[]): Promise<number> {
    const records = waiting.map(({ sourceId, waiting: refs }) => ({ id: sourceId, values: refs ?? {} }))
    const refer = await links.resolver(source, records)
    const touched = await links.touchedHere(waiting)
    let resolved = 0
    for (const link of waiting) {
      const object = await crm.objects.get(actor, link.object)
      const all = Object.entries(link.waiting ?? {})
      // What somebody filled in meanwhile stays, and waits no longer.
      const open = all.filter(([field]) => !touched.get(link.targetId)?.has(field))
      const here = open.flatMap(([field, ref]) => {
        const value = refer(object, field, ref)
        return value === undefined ? [] : [[field, value] as const]
      })
      const left = Object.fromEntries(open.filter(([field]) => !here.some(([name]) => name === field)))
      if (here.length === 0) {
        if (open.length < all.length) await links.put(db, { ...link, waiting: open.length > 0 ? left : null })
        continue
      }
      const intent: Intent = {
        do: 'update',
        object: link.object,
        id: link.targetId,
        values: Object.fromEntries(here),
      }
      const planned = { intent, link: { ...link, waiting: Object.keys(left).length > 0 ? left : null } }
      const result = emptyResult()
      await writeAll({ source, kind: link.kind, object: link.object, records: [] }, [planned], result)
      resolved += result.updated > 0 ? here.length : 0
    }
    return resolved
  }
}

async function seqOf(tx: Kysely<never>, id: string): Promise<number> {
  const { rows } = await sql<{ seq: number }>`select seq from change_set where id = ${id}`.execute(tx)
  return rows[0]?.seq ?? 0
}

function linkOf({ source, kind, id }: { source: string; kind: string; id: string }, object: string) {
  return { source, kind, sourceId: id, object, given: {}, waiting: null }
}

function emptyResult(): ImportResult {
  return { created: 0, updated: 0, unchanged: 0, kept: [], dropped: [], refused: [] }
}

function count(planned: readonly Planned[], result: ImportResult): void {
  for (const { intent } of planned) {
    if (intent.do === 'create') result.created++
    else result.updated++
  }
}
