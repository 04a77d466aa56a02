import type { NewField, SchemaDefinition } from '#crm'
import { isObject } from '#foundation'
import type { TwentyField, TwentyObject, TwentyWorkspace } from '#gateway'
import {
  apiName,
  dayOf,
  fullNameOf,
  lineOf,
  listOf,
  mapField,
  markdownOf,
  moneyOf,
  optionsOf,
  optionValue,
  partOf,
  phonesOf,
} from './map-field.ts'

/** Twenty's record as the API gives it. */
type Given = Readonly<Record<string, unknown>>
/** Members of ours by their id in Twenty. */
export type Members = ReadonlyMap<string, string>
/** One of our fields, and what it gets from a record. */
type Column = {
  name: string
  /** Twenty's field that it is, for views. */
  from: string
  read(given: Given, members: Members): unknown
}

/** How one of Twenty's objects becomes one of ours. */
export type ObjectPlan = {
  kind: string
  names: { singular: string; plural: string }
  object: string
  columns: readonly Column[]
}
export type Plan = {
  definition: SchemaDefinition
  objects: readonly ObjectPlan[]
  /** What has no place here, in words. */
  leftOut: string[]
}

const one = (name: string, field: string, read: (value: unknown) => unknown): Column => ({
  name,
  from: field,
  read: (given) => {
    const value = given[field]
    return value === undefined ? undefined : value === null ? null : read(value)
  },
})
const link = (name: string, column: string, kind: string): Column => ({
  name,
  from: column.replace(/Id$/, ''),
  read: (given) => refTo(given[column], kind),
})
const memberOf = (name: string, column: string): Column => ({
  name,
  from: column.replace(/Id$/, ''),
  read: (given, members) => (typeof given[column] === 'string' ? (members.get(given[column]) ?? null) : null),
})

type Known = {
  object: string
  /** Twenty's fields that the columns take care of. */
  fields: readonly string[]
  columns: readonly Column[]
  /** Select fields whose choices come along: Twenty's field, ours. */
  choices?: Readonly<Record<string, string>>
}

/** What we have an object of our own for. */
const known: Readonly<Record<string, Known>> = {
  company: {
    object: 'company',
    fields: ['name', 'domainName', 'employees', 'annualRecurringRevenue', 'linkedinLink', 'accountOwner'],
    columns: [
      { name: 'name', from: 'name', read: ({ name }) => lineOf(name) || 'Untitled' },
      one('domain', 'domainName', (value) => partOf(value, 'primaryLinkUrl') ?? textOr(value)),
      one('employees', 'employees', Number),
      one('annual_revenue', 'annualRecurringRevenue', moneyOf),
      one('linkedin', 'linkedinLink', (value) => partOf(value, 'primaryLinkUrl')),
      one('city', 'address', (value) => partOf(value, 'addressCity')),
      one('country', 'address', (value) => partOf(value, 'addressCountry')),
      memberOf('owner', 'accountOwnerId'),
    ],
  },
  person: {
    object: 'person',
    fields: ['name', 'emails', 'phones', 'jobTitle', 'company', 'linkedinLink', 'city'],
    columns: [
      { name: 'name', from: 'name', read: ({ name }) => fullNameOf(name) ?? { first: '', last: 'Untitled' } },
      one('emails', 'emails', (value) => listOf(value, 'primaryEmail', 'additionalEmails')),
      one('phones', 'phones', phonesOf),
      one('job_title', 'jobTitle', lineOf),
      one('linkedin', 'linkedinLink', (value) => partOf(value, 'primaryLinkUrl')),
      one('city', 'city', lineOf),
      link('company', 'companyId', 'company'),
    ],
  },
  opportunity: {
    object: 'opportunity',
    fields: ['name', 'amount', 'closeDate', 'stage', 'company', 'pointOfContact'],
    choices: { stage: 'stage' },
    columns: [
      { name: 'name', from: 'name', read: ({ name }) => lineOf(name) || 'Untitled' },
      one('amount', 'amount', moneyOf),
      one('close_date', 'closeDate', dayOf),
      one('stage', 'stage', optionValue),
      link('company', 'companyId', 'company'),
      link('contact', 'pointOfContactId', 'person'),
    ],
  },
  note: {
    object: 'note',
    fields: ['title', 'body', 'bodyV2', 'noteTargets'],
    columns: [
      { name: 'title', from: 'title', read: ({ title }) => lineOf(title) || 'Untitled' },
      { name: 'body', from: 'bodyV2', read: bodyOf },
      { name: 'about', from: '', read: ({ about }) => about },
    ],
  },
  task: {
    object: 'task',
    fields: ['title', 'body', 'bodyV2', 'dueAt', 'status', 'assignee', 'taskTargets'],
    choices: { status: 'status' },
    columns: [
      { name: 'title', from: 'title', read: ({ title }) => lineOf(title) || 'Untitled' },
      { name: 'body', from: 'bodyV2', read: bodyOf },
      one('due_date', 'dueAt', dayOf),
      one('status', 'status', optionValue),
      memberOf('assignee', 'assigneeId'),
      { name: 'about', from: '', read: ({ about }) => about },
    ],
  },
}

/** The object that a relation leads to, by its singular name; null where nobody says. */
export type TargetOf = (object: string, field: string) => string | null

type Definition = {
  [K in 'objects' | 'fields' | 'options' | 'targets']: NonNullable<SchemaDefinition[K]>
}

/** Twenty keeps these for itself on every object. */
const kept = new Set([
  'id',
  'position',
  'searchVector',
  'deletedAt',
  'createdBy',
  'updatedBy',
  'updatedAt',
  'favorites',
  'attachments',
  'timelineActivities',
  'avatarUrl',
  'avatarFile',
])

/** Which of Twenty's objects come over, as what. Ours first, so that notes find what they are about. */
export function planImport({ objects }: TwentyWorkspace, targetOf: TargetOf): Plan {
  const leftOut: string[] = []
  const standard = Object.keys(known).flatMap(
    (name) => objects.find(({ singular }) => singular === name) ?? [],
  )
  const custom = objects.filter(({ isCustom, isActive }) => isCustom && isActive)
  const others = objects.filter(
    ({ isSystem, isCustom, isActive, singular }) => isActive && !isSystem && !isCustom && !known[singular],
  )
  leftOut.push(...others.map(({ labelPlural }) => `${labelPlural}: Tandem has no such object yet`))
  // Targets last: what they point to is there then.
  const order = ['company', 'person', 'opportunity']
  const all = [
    ...standard.filter(({ singular }) => order.includes(singular)),
    ...custom,
    ...standard.filter(({ singular }) => !order.includes(singular)),
  ]
  const names = new Map(
    all.map((object) => [object.singular, known[object.singular]?.object ?? ourName(object)]),
  )
  const definition: Definition = { objects: [], fields: [], options: [], targets: [] }
  const plans = all.map((object) => planObject(object, { names, targetOf }, definition, leftOut))
  const added = custom.map((object) => names.get(object.singular) ?? '').filter(Boolean)
  if (added.length > 0)
    for (const object of ['note', 'task']) definition.targets.push({ object, field: 'about', add: added })
  return { definition, objects: plans, leftOut }
}

function planObject(
  object: TwentyObject,
  { names, targetOf }: { names: ReadonlyMap<string, string>; targetOf: TargetOf },
  definition: Definition,
  leftOut: string[],
): ObjectPlan {
  const ours = names.get(object.singular) ?? ourName(object)
  const standard = known[object.singular]
  const fields: NewField[] = []
  const columns: Column[] = [...(standard?.columns ?? [])]
  const taken = new Set(columns.map(({ name }) => name))
  for (const field of object.fields) {
    const choice = standard?.choices?.[field.name]
    if (choice && field.options.length > 0)
      definition.options.push({ object: ours, field: choice, add: optionsOf(field) })
    if (!field.isActive || kept.has(field.name) || standard?.fields.includes(field.name)) continue
    if (!standard && field.name === 'name') continue
    const made = madeFrom(field, targetOf(object.singular, field.name), names)
    if (made === 'elsewhere') continue
    if (!made) {
      leftOut.push(`${object.label}: ${field.label} (${field.type.toLowerCase().replaceAll('_', ' ')})`)
      continue
    }
    const name = freeName(nameFor(field), taken)
    taken.add(name)
    fields.push({
      ...made.field,
      name,
      label: labelFor(field),
      description: field.description?.slice(0, 500) || null,
      unique: false,
      required: false,
    })
    columns.push({ ...made.column, from: field.name, name })
  }
  if (standard) definition.fields.push(...fields.map((field) => ({ ...field, object: ours })))
  else {
    columns.unshift({ name: 'name', from: 'name', read: ({ name }) => lineOf(name) || 'Untitled' })
    definition.objects.push({
      name: ours,
      label: object.label.slice(0, 100) || ours,
      labelPlural: object.labelPlural.slice(0, 100) || ours,
      fields: [{ name: 'name', label: 'Name', kind: 'text', required: true }, ...fields],
    })
  }
  return {
    kind: object.singular,
    names: { singular: object.singular, plural: object.plural },
    object: ours,
    columns,
  }
}

type Made = { field: Pick<NewField, 'kind' | 'settings'>; column: Pick<Column, 'read'> }

/** `elsewhere`: the other end of a relation has the column. */
function madeFrom(
  field: TwentyField,
  target: string | null,
  names: ReadonlyMap<string, string>,
): Made | 'elsewhere' | null {
  if (field.relation === 'ONE_TO_MANY') return 'elsewhere'
  if (field.type === 'RELATION') {
    const { column } = field
    if (column === null || target === null) return null
    if (target === 'workspaceMember')
      return { field: { kind: 'member', settings: {} }, column: memberOf('', column) }
    const object = names.get(target)
    if (object === undefined) return null
    return { field: { kind: 'relation', settings: { object } }, column: link('', column, target) }
  }
  const map = mapField(field)
  return map && { field: map.field, column: { read: one('', field.name, map.read).read } }
}

function nameFor({ name }: TwentyField): string {
  return name === 'createdAt' ? 'created_in_twenty' : apiName(name).slice(0, 40).replace(/_+$/, '') || 'field'
}

function labelFor({ name, label }: TwentyField): string {
  return name === 'createdAt' ? 'Created in Twenty' : label.trim().slice(0, 100) || name
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const ours = ['version', 'label', 'object', 'id', 'created_at', 'updated_at', 'created_by', 'deleted_at']
  let name = ours.includes(wanted) ? `${wanted}_field` : wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted.slice(0, 36)}_${count}`
  return name
}

/** A custom object that is called like one of ours keeps apart from it. */
function ourName({ singular }: TwentyObject): string {
  const name = apiName(singular).slice(0, 30).replace(/_+$/, '') || 'object'
  return Object.values(known).some(({ object }) => object === name) ? `twenty_${name}`.slice(0, 30) : name
}

function refTo(id: unknown, kind: string): unknown {
  return typeof id === 'string' ? { ref: { kind, id } } : null
}

function bodyOf(given: Given): unknown {
  const value = given['bodyV2'] ?? given['body']
  const text = value === null || value === undefined ? null : markdownOf(value)
  const also = typeof given['also'] === 'string' ? given['also'] : ''
  return also === '' ? text : [text ?? '', also].filter(Boolean).join('\n\n')
}

function textOr(value: unknown): string | null {
  return typeof value === 'string' ? value : isObject(value) ? null : String(value)
}
