import { sql } from '#storage'
import type { Kysely } from '#storage'
import { CrmError } from '../errors.ts'
import type { Metadata, RecordObject } from './record-object.ts'

const mostOptions = 200

/** A target field with further objects to point to. */
export function newTargets(
  metadata: Metadata,
  known: ReadonlyMap<string, RecordObject>,
  target: { object: string; field: string; add: string[] },
) {
  const where = `${target.object}.${target.field}`
  const field = metadata.objects.get(target.object)?.fields.get(target.field)
  if (field?.kind !== 'target') throw new CrmError('not_found', `There is no target field ${where}`)
  const unknown = target.add.find((name) => !known.has(name))
  if (unknown !== undefined) throw invalid(where, `it would point to ${unknown}, which isn’t there`)
  return { field: field.id, list: 'objects', add: target.add }
}

/** A select field with further choices. */
export function newOptions(
  metadata: Metadata,
  { object, field: name, add }: { object: string; field: string; add: Option[] },
) {
  const field = metadata.objects.get(object)?.fields.get(name)
  if (field?.kind !== 'select') throw new CrmError('not_found', `There is no select field ${object}.${name}`)
  const there = optionValues(field.settings)
  const more = add.filter(({ value }) => !there.includes(value))
  if (there.length + more.length > mostOptions)
    throw new CrmError('too_large', `${object}.${name} can have ${mostOptions} options at most`)
  return { field: field.id, list: 'options', add: more }
}
type Option = { value: string; label: string; color: string }

function optionValues(settings: unknown): string[] {
  if (typeof settings !== 'object' || settings === null || !('options' in settings)) return []
  const { options } = settings
  if (!Array.isArray(options)) return []
  return options.flatMap((option: unknown) =>
    typeof option === 'object' && option !== null && 'value' in option ? [String(option.value)] : [],
  )
}

// In the row as it is now: two who widen the same field both get what they asked for.
export async function widen(
  tx: Kysely<never>,
  { field, list, add }: { field: string; list: string; add: readonly unknown[] },
): Promise<void> {
  const key = (of: string) => (list === 'options' ? sql.raw(`${of} -> 'value'`) : sql.raw(of))
  await sql`update field set settings = jsonb_set(settings, array[${list}::text], settings -> ${list}::text || (
      select coalesce(jsonb_agg(added.item), '[]')
      from jsonb_array_elements(cast(${JSON.stringify(add)} as jsonb)) as added (item)
      where not exists (select 1 from jsonb_array_elements(settings -> ${list}::text) as present (item)
        where ${key('present.item')} = ${key('added.item')})))
    where id = ${field}`.execute(tx)
}

/** Objects that settings name: a relation's one, a target's several. */
export function pointedAt(settings: unknown): string[] {
  if (typeof settings !== 'object' || settings === null) return []
  const one = 'object' in settings && typeof settings.object === 'string' ? [settings.object] : []
  const many =
    'objects' in settings && Array.isArray(settings.objects)
      ? settings.objects.filter((name) => typeof name === 'string')
      : []
  return [...one, ...many]
}

export function invalid(where: string, why: string): CrmError {
  return new CrmError('invalid', `${where}: ${why}`, { fields: { [where]: why } })
}
