import { isDeepStrictEqual } from 'node:util'
import type { Intent, ObjectView } from '#contract'
import type { ImportBatch, ImportRecord, SourceRef } from './importer.ts'
import { isRef } from './links.ts'
import type { Link, Refer } from './links.ts'

/** What to write for one record, and what to remember once it is written. */
export type Planned = { intent: Intent; link: Omit<Link, 'targetId' | 'seq'> }

/**
 * Of what the source says now, that which changed there since it was last brought over, but for fields that
 * somebody changed here meanwhile: those stay as they are (`kept`).
 */
export function planRecord(given: {
  batch: ImportBatch
  record: ImportRecord
  object: ObjectView
  link: Link | undefined
  touched: ReadonlySet<string>
  refer: Refer
}): { planned: Planned | null; kept: string[] } {
  const { batch, record, object, link, touched, refer } = given
  const changed = Object.entries(record.values).filter(
    ([field, value]) =>
      object.fields.some(({ name }) => name === field) &&
      (link ? !isDeepStrictEqual(link.given[field] ?? null, value ?? null) : (value ?? null) !== null),
  )
  const kept = changed.filter(([field]) => touched.has(field)).map(([field]) => field)
  const waiting: Record<string, SourceRef> = { ...link?.waiting }
  const values: Record<string, unknown> = {}
  for (const [field, value] of changed) {
    delete waiting[field]
    if (kept.includes(field)) continue
    const wire = isRef(value) ? refer(object, field, value) : value
    if (wire === undefined && isRef(value)) waiting[field] = value
    else values[field] = wire ?? null
  }
  const next = {
    source: batch.source,
    kind: batch.kind,
    sourceId: record.id,
    object: batch.object,
    given: { ...link?.given, ...record.values },
    waiting: Object.keys(waiting).length > 0 ? waiting : null,
  }
  if (!link) return { planned: { intent: { do: 'create', object: batch.object, values }, link: next }, kept }
  if (Object.keys(values).length === 0) return { planned: null, kept }
  return {
    planned: { intent: { do: 'update', object: batch.object, id: link.targetId, values }, link: next },
    kept,
  }
}
