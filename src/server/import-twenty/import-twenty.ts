import { createImporter } from '#crm'
import type { Crm, Importer } from '#crm'
import type { Clock, Log, OutwardClient } from '#foundation'
import { compare, readWorkspace, TwentyRefusal } from '#gateway/twenty'
import type { TwentyClient, TwentyRecord, TwentyWorkspace } from '#gateway/twenty'
import type { Identity } from '#identity'
import type { Storage } from '#storage'
import { readTargets } from './activity-targets.ts'
import type { Target, Targets } from './activity-targets.ts'
import { importFiles } from './import-files.ts'
import { importViews } from './import-views.ts'
import { patientClient } from './patient-client.ts'
import { planImport } from './plan.ts'
import type { Members } from './known-objects.ts'
import type { ObjectPlan } from './plan.ts'
import { relationTargets } from './relation-targets.ts'
import { addResult, newReport, objectReport } from './report.ts'
import type { ImportReport } from './report.ts'

export type ImportDependencies = {
  storage: Storage
  crm: Crm
  members: Pick<Identity['members'], 'named'>
  outward: OutwardClient
  clock: Clock
  log: Log
}
export type ImportOrder = {
  /** The workspace's address. */
  url: string
  key: string
  /** Reads everything again, not only what changed since the last time. */
  full: boolean
}
/** Where an import is: kept after each page, so that a stopped one goes on there. */
type Place = {
  /** Kinds that are done. */
  done: string[]
  /** Cursor in the one that isn't. */
  cursor: string | null
  /** When the run began, by this clock; the next run asks for what changed since. */
  began: string
  since: string | null
  report: ImportReport
}

/** What a note is about, in words. */
type NameOf = (target: Target) => Promise<string>

const system = { kind: 'system', name: 'Import from Twenty' } as const
/** Clocks differ, and a page takes its time. */
const overlap = 10 * 60_000
const batchSize = 60

/** Moves a Twenty workspace in: once, again for what changed, and on after a stop. */
export async function importTwenty(
  deps: ImportDependencies,
  order: ImportOrder,
  progress: (report: ImportReport, doing: string) => void,
  /** Stops it between two questions; the next run goes on there. */
  signal: AbortSignal,
): Promise<ImportReport> {
  const { clock } = deps
  const client = patientClient(deps, order, signal)
  const importer = createImporter({ ...deps, name: system.name })
  const workspace = await readWorkspace(client)
  if (!workspace)
    throw new TwentyRefusal(
      403,
      'The key’s role may not read the data model. Give it “Data model” in Twenty’s settings',
    )
  const source = `twenty ${new URL(order.url).origin} ${workspaceMark(workspace)}`
  const plan = planImport(workspace, relationTargets(await client.description()))
  const before = (await importer.unfinished(source)) as Place | null
  const last = before ? null : await importer.lastFinished(source)
  const place: Place = before ?? {
    done: [],
    cursor: null,
    began: clock.now().toISOString(),
    since: order.full || !last ? null : ((last as Place).began ?? null),
    report: newReport(source, clock.now()),
  }
  const { report } = place
  const keep = () => importer.keep(source, place)
  progress(report, 'the data model')
  const defined = await importer.define(plan.definition)
  report.added.push(...defined.added.filter((one) => !report.added.includes(one)))
  report.clashes = defined.clashes
  report.leftOut = plan.leftOut
  const members = await readMembers(client, deps.members, report)
  const kinds = plan.objects.map(({ kind }) => kind)
  const nameOf: NameOf = async ({ kind, id }) => {
    const ours = await importer.find(source, kind, id)
    const record = ours && (await deps.crm.records.get(system, ours.object, ours.id).catch(() => null))
    return record ? record.label : `${kind} ${id}`
  }
  for (const object of plan.objects) {
    if (place.done.includes(object.kind)) continue
    progress(report, object.names.plural)
    await importObject({ source, client, importer, object, members, kinds, place, keep, report, nameOf })
    place.done.push(object.kind)
    place.cursor = null
    await keep()
  }
  progress(report, 'references')
  const joined = await importer.resolve(source)
  report.references.resolved += joined.resolved
  report.references.missing = joined.missing
  if (!place.done.includes('attachment')) {
    progress(report, 'files')
    const files = { ...deps, source, client, importer, baseUrl: order.url, kinds, report, since: place.since }
    await importFiles(files, place.cursor, async (cursor) => {
      place.cursor = cursor
      await keep()
    })
    place.done.push('attachment')
    place.cursor = null
    await keep()
  }
  progress(report, 'views')
  const ours = new Map((await deps.crm.objects.list(system)).map((object) => [object.name, object]))
  const kindOf = (object: string, field: string) =>
    ours.get(object)?.fields.find(({ name }) => name === field)?.kind
  await importViews({ source, client, importer, workspace, plans: plan.objects, kindOf, report })
  report.finishedAt = clock.now().toISOString()
  await importer.finish(source, place)
  return report
}

/** Workspaces of Twenty's cloud share an address; what their objects are called inside differs for each. */
function workspaceMark({ objects }: TwentyWorkspace): string {
  return objects.find(({ singular }) => singular === 'company')?.id ?? objects[0]?.id ?? ''
}

async function importObject(run: {
  source: string
  client: TwentyClient
  importer: Importer
  object: ObjectPlan
  members: Members
  kinds: readonly string[]
  place: Place
  keep: () => Promise<void>
  report: ImportReport
  nameOf: NameOf
}): Promise<void> {
  const { source, client, importer, object, members, kinds, place, keep } = run
  const report = objectReport(run.report, object.kind, object.object)
  const activity = object.kind === 'note' || object.kind === 'task' ? object.kind : null
  const targets: Targets = activity ? await readTargets(client, activity, kinds) : new Map()
  const since = place.since === null ? null : new Date(Date.parse(place.since) - overlap).toISOString()
  // What a note is about can change without the note: those are read whole, and only what differs is written.
  const filter = since === null || activity ? undefined : compare('updatedAt', 'gte', since)
  do {
    const page = await client.find(object.names, { after: place.cursor, limit: batchSize, filter })
    const records = []
    for (const given of page.records) {
      const whole = activity ? await aboutOf(given, targets.get(given.id) ?? [], run.nameOf) : given
      records.push({ id: given.id, values: valuesOf(object, whole, members) })
    }
    addResult(
      report,
      records.length,
      await importer.write({ source, kind: object.kind, object: object.object, records }),
    )
    place.cursor = page.next
    await keep()
  } while (place.cursor !== null)
  if (since !== null) report.deletedThere += await countDeleted(run, since)
}

/** Records that were deleted there are left here: that is for people to decide. */
async function countDeleted(
  {
    source,
    client,
    importer,
    object,
  }: { source: string; client: TwentyClient; importer: Importer; object: ObjectPlan },
  since: string,
): Promise<number> {
  let count = 0
  let after: string | null = null
  do {
    const page = await client.find(object.names, { after, filter: compare('deletedAt', 'gte', since) })
    for (const { id } of page.records) if (await importer.find(source, object.kind, id)) count++
    after = page.next
  } while (after !== null)
  return count
}

function valuesOf(
  object: ObjectPlan,
  given: Record<string, unknown>,
  members: Members,
): Record<string, unknown> {
  return Object.fromEntries(
    object.columns.flatMap(({ name, read }) => {
      const value = read(given, members)
      return value === undefined || (typeof value === 'number' && Number.isNaN(value)) ? [] : [[name, value]]
    }),
  )
}

/** Ours is about one record; the others are named in its text, so that nothing is lost. */
async function aboutOf(
  given: TwentyRecord,
  [first, ...more]: readonly Target[],
  nameOf: NameOf,
): Promise<Record<string, unknown>> {
  const names = await Promise.all(more.map(nameOf))
  return {
    ...given,
    about: first ? { ref: first } : null,
    also: names.length > 0 ? `Also about: ${names.join(', ')}` : '',
  }
}

async function readMembers(
  client: TwentyClient,
  ours: ImportDependencies['members'],
  report: ImportReport,
): Promise<Members> {
  const found = new Map<string, string>()
  report.members = { matched: 0, unknown: [] }
  let after: string | null = null
  do {
    const page = await client.find({ singular: 'workspaceMember', plural: 'workspaceMembers' }, { after })
    for (const { id, userEmail } of page.records) {
      const member = typeof userEmail === 'string' ? await ours.named(userEmail) : undefined
      if (member) found.set(id, member)
      else if (report.members.unknown.length < 100)
        report.members.unknown.push(String(userEmail ?? id).slice(0, 200))
    }
    after = page.next
  } while (after !== null)
  report.members.matched = found.size
  return found
}
