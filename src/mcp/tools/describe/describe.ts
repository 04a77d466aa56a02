import { z } from 'zod'
import type { FieldView, ObjectView } from '#contract'
import { defineTool } from '../../tool.ts'

/** Objects and fields as this actor may use them. */
export const describe = defineTool({
  name: 'describe',
  title: 'Describe objects and fields',
  description:
    'Objects you may use, with each field’s name, kind, options and whether it can be written. Call once before query or apply_changes.',
  kind: 'reads',
  repeatable: true,
  scopes: ['crm:read'],
  input: z.strictObject({
    object: z.string().max(64).optional().describe('One object by name; all when absent'),
  }),
  output: z.object({
    objects: z.array(z.record(z.string(), z.unknown())),
    operators: z.record(z.string(), z.array(z.string())).describe('Filter operators by field kind'),
  }),
  async run({ actor, crm }, { object }) {
    const found =
      object === undefined ? await crm.objects.list(actor) : [await crm.objects.get(actor, object)]
    return {
      result: { objects: found.map(describeObject), operators: operatorsByKind(found) },
      audit: { ...(object === undefined ? {} : { object }), count: found.length },
    }
  },
})

function describeObject({ name, label, labelField, can, fields }: ObjectView): Record<string, unknown> {
  const verbs = Object.entries(can).flatMap(([verb, allowed]) => (allowed ? [verb] : []))
  return {
    name,
    label,
    labelField,
    can: verbs,
    fields: fields.filter((field) => !field.system).map(describeField),
    // Kept by the engine and much the same everywhere: their kind is all there is to know.
    system: Object.fromEntries(fields.filter((field) => field.system).map(({ name, kind }) => [name, kind])),
  }
}

function describeField(field: FieldView): Record<string, unknown> {
  const label = field.label.toLowerCase() === field.name.replaceAll('_', ' ') ? {} : { label: field.label }
  return {
    name: field.name,
    kind: field.kind,
    ...label,
    ...(field.description ? { about: field.description } : {}),
    ...Object.fromEntries(Object.entries(field.settings).map(([name, value]) => [name, shorten(value)])),
    ...(field.required ? { required: true } : {}),
    ...(field.unique ? { unique: true } : {}),
    ...(field.readOnly ? { readOnly: true } : {}),
    ...(field.sortable ? {} : { sortable: false }),
  }
}

/** A choice is its value to a model; labels and colours are for people. */
function shorten(setting: unknown): unknown {
  return Array.isArray(setting) ? setting.map(valueOf) : setting
}

function valueOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'value' in item ? item.value : item
}

function operatorsByKind(objects: readonly ObjectView[]): Record<string, string[]> {
  const kinds = objects.flatMap((object) =>
    object.fields.map((field) => [field.kind, field.operators] as const),
  )
  return Object.fromEntries(kinds.map(([kind, operators]) => [kind, [...operators]]))
}
