import type { FieldView, ObjectView } from '#contract'
import type { SystemActor } from '#identity'
import type { Crm } from '../crm.ts'
import type { SchemaDefinition } from '../objects/definition.ts'

/** Adds what isn't there. What is there under the same name as something else is a clash, and left as it is. */
export async function defineMissing(
  crm: Crm,
  actor: SystemActor,
  definition: SchemaDefinition,
): Promise<{ added: string[]; clashes: string[] }> {
  const there = new Map((await crm.objects.list(actor)).map((object) => [object.name, object]))
  const clashes: string[] = []
  const added: string[] = []
  const isNew = (object: string, field: { name: string; kind: string }): boolean => {
    const known = there.get(object)?.fields.find(({ name }) => name === field.name)
    if (known && known.kind !== field.kind)
      clashes.push(`${object}.${field.name} is a ${known.kind} here and a ${field.kind} there`)
    return known === undefined
  }
  const objects = (definition.objects ?? []).filter(({ name }) => !there.has(name))
  const later = (definition.objects ?? [])
    .filter(({ name }) => there.has(name))
    .flatMap(({ name, fields }) => fields.map((field) => ({ ...field, object: name, required: false })))
  const fields = [...(definition.fields ?? []), ...later].filter((field) => isNew(field.object, field))
  const targets = (definition.targets ?? []).filter(({ object, field, add }) => {
    const known = namesIn(fieldOf(there, object, field), 'objects')
    return add.some((name) => !known.includes(name))
  })
  const options = (definition.options ?? []).filter(({ object, field, add }) => {
    const known = namesIn(fieldOf(there, object, field), 'options')
    return add.some(({ value }) => !known.includes(value))
  })
  added.push(...objects.map(({ name }) => name), ...fields.map(({ object, name }) => `${object}.${name}`))
  if (objects.length + fields.length + targets.length + options.length > 0)
    await crm.objects.define(actor, { objects, fields, targets, options })
  return { added, clashes }
}

function fieldOf(
  there: ReadonlyMap<string, ObjectView>,
  object: string,
  field: string,
): FieldView | undefined {
  return there.get(object)?.fields.find(({ name }) => name === field)
}

function namesIn(field: FieldView | undefined, list: 'objects' | 'options'): string[] {
  const values = field?.settings[list]
  if (!Array.isArray(values)) return []
  return values.map((one: unknown) =>
    typeof one === 'object' && one !== null && 'value' in one ? String(one.value) : String(one),
  )
}
