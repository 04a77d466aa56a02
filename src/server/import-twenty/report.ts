import type { ImportResult } from '#crm'

/** What came of an import, for people and scripts. Lists are cut; their counts aren't. */
export type ImportReport = {
  source: string
  startedAt: string
  finishedAt: string | null
  /** By what Twenty calls the object. */
  objects: Record<string, ObjectReport>
  /** Objects and fields that are new here. */
  added: string[]
  /** What is here under the same name as something else, and stays. */
  clashes: string[]
  /** What has no place here. */
  leftOut: string[]
  members: { matched: number; unknown: string[] }
  references: { resolved: number; missing: number }
  files: { brought: number; there: number; failed: Listed }
  views: { brought: number; there: number; left: Listed }
}
type ObjectReport = {
  as: string
  read: number
  created: number
  updated: number
  unchanged: number
  /** Changed here since: stays as it is. */
  kept: Listed
  /** Values that don't fit. */
  dropped: Listed
  refused: Listed
  /** Deleted there since the last time, and still here. */
  deletedThere: number
}
export type Listed = { count: number; some: string[] }

const most = 50

export function newReport(source: string, at: Date): ImportReport {
  return {
    source,
    startedAt: at.toISOString(),
    finishedAt: null,
    objects: {},
    added: [],
    clashes: [],
    leftOut: [],
    members: { matched: 0, unknown: [] },
    references: { resolved: 0, missing: 0 },
    files: { brought: 0, there: 0, failed: none() },
    views: { brought: 0, there: 0, left: none() },
  }
}

export function objectReport(report: ImportReport, kind: string, as: string): ObjectReport {
  const known = Object.hasOwn(report.objects, kind) ? report.objects[kind] : undefined
  return (report.objects[kind] = known ?? {
    as,
    read: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    kept: none(),
    dropped: none(),
    refused: none(),
    deletedThere: 0,
  })
}

export function addResult(report: ObjectReport, read: number, result: ImportResult): void {
  report.read += read
  report.created += result.created
  report.updated += result.updated
  report.unchanged += result.unchanged
  for (const { id, fields } of result.kept) note(report.kept, `${id}: ${fields.join(', ')}`)
  for (const { id, field, why } of result.dropped) note(report.dropped, `${id}: ${field} ${why}`)
  for (const { id, why } of result.refused) note(report.refused, `${id}: ${why}`)
}

export function note(list: Listed, text: string): void {
  list.count++
  if (list.some.length < most) list.some.push(text.slice(0, 300))
}

function none(): Listed {
  return { count: 0, some: [] }
}
