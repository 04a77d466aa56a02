import { newSavedView } from '#contract'
import type { Condition, Operator, SortKey } from '#contract'
import { CrmError } from '#crm'
import type { Importer } from '#crm'
import { isObject } from '#foundation'
import type { TwentyClient, TwentyRecord, TwentyWorkspace } from '#gateway/twenty'
import { lineOf, optionValue } from './map-field.ts'
import type { ObjectPlan } from './plan.ts'
import { note } from './report.ts'
import type { ImportReport } from './report.ts'

type Views = {
  source: string
  client: TwentyClient
  importer: Importer
  workspace: TwentyWorkspace
  plans: readonly ObjectPlan[]
  /** Kinds of our fields: `company.name` → `text`. */
  kindOf(object: string, field: string): string | undefined
  report: ImportReport
}

/** Twenty's operands in ours; what isn't here has no counterpart. */
const operators: Readonly<Record<string, Operator>> = {
  IS: 'in',
  IS_NOT: 'not_in',
  CONTAINS: 'contains',
  DOES_NOT_CONTAIN: 'not_contains',
  GREATER_THAN: 'gt',
  GREATER_THAN_OR_EQUAL: 'gte',
  LESS_THAN: 'lt',
  LESS_THAN_OR_EQUAL: 'lte',
  IS_AFTER: 'gt',
  IS_BEFORE: 'lt',
  IS_EMPTY: 'empty',
  IS_NOT_EMPTY: 'not_empty',
}

/** Brings table views over: filters, order and columns. Whole or not at all: a view that shows other records would lie. */
export async function importViews(views: Views): Promise<void> {
  const { client, report, workspace, plans } = views
  for (const view of await client.views('views')) {
    const object = workspace.objects.find(({ id }) => id === view['objectMetadataId'])
    const plan = plans.find(({ kind }) => kind === object?.singular)
    const name = lineOf(view['name']).slice(0, 80) || 'View'
    // The one that every object has shows everything: so does ours.
    if (!object || !plan || view['key'] === 'INDEX') continue
    if (String(view['type']).toUpperCase() !== 'TABLE') {
      note(
        report.views.left,
        `${name}: a ${String(view['type']).toLowerCase()} of ${object.labelPlural.toLowerCase()}`,
      )
      continue
    }
    const made = await viewFrom(
      views,
      view,
      plan,
      new Map(object.fields.map((field) => [field.id, field.name])),
    )
    if (typeof made === 'string') {
      note(report.views.left, `${name}: ${made}`)
      continue
    }
    const from = { source: views.source, kind: 'view', id: view.id }
    const ours = newSavedView.safeParse({ object: plan.object, name, shared: true, ...made })
    const saved = ours.success
      ? await saveView(views, from, ours.data)
      : 'it filters by more than a view can here'
    if (typeof saved === 'string') note(report.views.left, `${name}: ${saved}`)
    else if (saved) report.views.brought++
    else report.views.there++
  }
}

/** Whether it is new; or why it can't be one of ours. One view stops nothing else. */
async function saveView(
  { importer }: Views,
  ...of: Parameters<Importer['saveView']>
): Promise<boolean | string> {
  try {
    return await importer.saveView(...of)
  } catch (error) {
    if (error instanceof CrmError) return error.message
    throw error
  }
}

async function viewFrom(
  views: Views,
  view: TwentyRecord,
  plan: ObjectPlan,
  names: ReadonlyMap<string, string>,
) {
  const part = async (name: 'viewFields' | 'viewFilters' | 'viewSorts') => {
    const given = view[name]
    return Array.isArray(given) ? given.filter(isObject) : views.client.views(name, view.id)
  }
  /** Our field for one of Twenty's: where the column reads it. */
  const fieldOf = (row: Record<string, unknown>): string | undefined => {
    const name = names.get(String(row['fieldMetadataId']))
    return name === undefined ? undefined : plan.columns.find(({ from }) => from === name)?.name
  }
  const filter: Condition[] = []
  for (const row of await part('viewFilters')) {
    const condition = conditionFrom(row, fieldOf(row), (field) => views.kindOf(plan.object, field))
    if (condition === null)
      return `its filter on ${names.get(String(row['fieldMetadataId'])) ?? 'a field'} has no counterpart`
    filter.push(condition)
  }
  if (
    view['viewFilterGroups'] &&
    Array.isArray(view['viewFilterGroups']) &&
    view['viewFilterGroups'].length > 0
  )
    return 'its filters are in groups'
  const sort: SortKey[] = []
  for (const row of await part('viewSorts')) {
    const field = fieldOf(row)
    if (field !== undefined)
      sort.push({ field, dir: String(row['direction']).toUpperCase() === 'DESC' ? 'desc' : 'asc' })
  }
  const fields = (await part('viewFields')).toSorted((a, b) => Number(a['position']) - Number(b['position']))
  const shown = fields.filter((row) => row['isVisible'] !== false).flatMap((row) => fieldOf(row) ?? [])
  const hidden = plan.columns.map(({ name }) => name).filter((name) => !shown.includes(name))
  return { filter, sort: sort.slice(0, 3), columns: shown.length > 0 ? { order: shown, hidden } : null }
}

function conditionFrom(
  row: Record<string, unknown>,
  field: string | undefined,
  kindOf: (field: string) => string | undefined,
): Condition | null {
  const operand = String(row['operand'])
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toUpperCase()
  const op = operators[operand]
  if (field === undefined || op === undefined) return null
  if (op === 'empty' || op === 'not_empty') return { field, op }
  const value = parsed(row['value'])
  const kind = kindOf(field)
  // A reference would name a record of theirs, a member one of theirs.
  if (kind === 'relation' || kind === 'member' || kind === 'target') return null
  if (kind === 'select' && (op === 'in' || op === 'not_in')) {
    const values = (Array.isArray(value) ? value : [value]).map(optionValue)
    return { field, op, value: values }
  }
  if (Array.isArray(value) || isObject(value)) return null
  if (kind === 'number' || kind === 'currency') {
    const number = Number(value)
    return Number.isFinite(number)
      ? { field, op: op === 'in' ? 'eq' : op === 'not_in' ? 'ne' : op, value: number }
      : null
  }
  if (kind === 'boolean') return { field, op: 'eq', value: value === true || value === 'true' }
  if (typeof value !== 'string' || value === '') return null
  if (kind === 'date') return { field, op: op === 'in' ? 'eq' : op, value: value.slice(0, 10) }
  return { field, op: op === 'in' ? 'eq' : op === 'not_in' ? 'ne' : op, value }
}

/** Values are JSON, or JSON in a text, or a text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[[{"]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
