import { createHash } from 'node:crypto'
import type { NewField, SchemaDefinition } from '#crm'
import type { TwentyField, TwentyObject, TwentyWorkspace } from '#gateway/twenty'
import { knownObjects, link, memberOf, one } from './known-objects.ts'
import type { Column } from './known-objects.ts'
import { apiName, lineOf, mapField, optionsOf } from './map-field.ts'

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
  const standard = Object.keys(knownObjects).flatMap(
    (name) => objects.find(({ singular }) => singular === name) ?? [],
  )
  const custom = objects.filter(({ isCustom, isActive }) => isCustom && isActive)
  const others = objects.filter(
    ({ isSystem, isCustom, isActive, singular }) =>
      isActive && !isSystem && !isCustom && !own(knownObjects, singular),
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
    all.map((object) => [object.singular, own(knownObjects, object.singular)?.object ?? ourName(object)]),
  )
  const definition: Definition = { objects: [], fields: [], options: [], targets: [] }
  const plans = all.map((object) => planObject(object, { names, targetOf }, definition, leftOut))
  const added = custom.map((object) => names.get(object.singular) ?? '').filter(Boolean)
  if (added.length > 0)
    for (const object of ['note', 'task']) definition.targets.push({ object, field: 'about', add: added })
  return { definition, objects: plans, leftOut }
}

/** People there may call an object or a field `constructor`. */
function own<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined
}

function planObject(
  object: TwentyObject,
  { names, targetOf }: { names: ReadonlyMap<string, string>; targetOf: TargetOf },
  definition: Definition,
  leftOut: string[],
): ObjectPlan {
  const ours = names.get(object.singular) ?? ourName(object)
  const standard = own(knownObjects, object.singular)
  const fields: NewField[] = []
  const columns: Column[] = [...(standard?.columns ?? [])]
  const taken = new Set(columns.map(({ name }) => name))
  for (const field of object.fields) {
    const choice = own(standard?.choices ?? {}, field.name)
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
  return name === 'createdAt' ? 'created_in_twenty' : cut(apiName(name), 40) || 'field'
}

function labelFor({ name, label }: TwentyField): string {
  return name === 'createdAt' ? 'Created in Twenty' : label.trim().slice(0, 100) || name
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const ours = ['version', 'label', 'object', 'id', 'created_at', 'updated_at', 'created_by', 'deleted_at']
  let name = ours.includes(wanted) ? `${wanted}_field` : wanted
  for (let count = 2; taken.has(name); count++) name = `${cut(wanted, 36)}_${count}`
  return name
}

/** Tables that aren't an object's. */
const engines = ['demo']

/** A custom object that is called like one of ours keeps apart from it, and so do two that only begin alike. */
function ourName({ singular }: TwentyObject): string {
  const name = apiName(singular) || 'object'
  const taken = [...Object.values(knownObjects).map(({ object }) => object), ...engines].includes(name)
  if (taken) return `twenty_${name}`
  if (name.length <= 30) return name
  return `${cut(name, 24)}_${createHash('sha256').update(singular).digest('hex').slice(0, 5)}`
}

function cut(name: string, longest: number): string {
  return name.slice(0, longest).replace(/_+$/, '')
}
