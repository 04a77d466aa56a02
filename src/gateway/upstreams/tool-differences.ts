import type { ToolDifference } from '#contract'
import { isObject } from '#foundation'
import { canonical } from './tool-definition.ts'
import type { ToolDefinition } from './upstream.ts'

/** What an administrator compares: one row for each part that differs, arguments one by one. */
export function differencesOf(before: ToolDefinition | null, after: ToolDefinition): ToolDifference[] {
  const [was, is] = [before ? partsOf(before) : new Map<string, string>(), partsOf(after)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((what) => {
    const row = { what, before: was.get(what) ?? '', after: is.get(what) ?? '' }
    return row.before === row.after ? [] : [row]
  })
}

function partsOf(definition: ToolDefinition): Map<string, string> {
  const { name: _, title, description, inputSchema, outputSchema, annotations, ...more } = definition
  return new Map([
    ...entry('Title', title),
    ...entry('Description', description),
    ...schemaParts('Argument', 'Arguments', inputSchema),
    ...(outputSchema ? schemaParts('Answer', 'Answer', outputSchema) : []),
    ...Object.entries(annotations ?? {}).flatMap(([key, value]) => entry(`Annotation ${key}`, value)),
    ...Object.entries(more).flatMap(([key, value]) => entry(key, value)),
  ])
}

/** Each property with whether it must be there; what else the schema says in one row. */
function schemaParts(one: string, all: string, schema: Record<string, unknown>): [string, string][] {
  const { properties, required, ...rest } = schema
  const needed = new Set(Array.isArray(required) ? required : [])
  const rows = isObject(properties)
    ? Object.entries(properties).flatMap(([name, property]) =>
        entry(
          `${one} ${name}`,
          isObject(property) && needed.has(name) ? { ...property, required: true } : property,
        ),
      )
    : entry(`${one} properties`, properties)
  return [...rows, ...entry(all, rest)]
}

function entry(what: string, value: unknown): [string, string][] {
  if (value === undefined) return []
  return [[what, typeof value === 'string' ? value : JSON.stringify(JSON.parse(canonical(value)), null, 1)]]
}
