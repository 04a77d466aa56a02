import { isObject } from '#foundation'
import type { TwentyRecord } from '../client/twenty-client.ts'
import { objectNamed } from '../workspace.ts'
import type { TwentyWorkspace } from '../workspace.ts'
import { ToolRefusal } from './tool.ts'

/** Where an argument lives in Twenty's record. */
type Way = {
  /** Fields that hold it, the usual one first: versions of Twenty and workspaces differ. */
  fields: readonly string[]
  /** The part of a composite field. */
  part?: string
  /** Argument to value; gets what is there now, where a part depends on another. */
  write?: (value: unknown, now: Record<string, unknown>) => unknown
  /** `write` doesn't look at what is there now. */
  writesAlone?: true
  /** Value to argument; undefined: nothing there. */
  read?: (value: unknown) => unknown
}
/** By argument. Records come back under the same names. */
export type RecordMap = {
  object: string
  /** How the tools call a record. */
  called: string
  ways: Readonly<Record<string, Way>>
}

export const plain = (...fields: string[]): Way => ({ fields })
export const part = (field: string, part: string): Way => ({ fields: [field], part })

/** Twenty's dates have a time of day: a day begins at midnight, UTC. */
export const moment = (...fields: string[]): Way => ({
  fields,
  write: (value) => new Date(String(value)).toISOString(),
  writesAlone: true,
})

const million = 1_000_000
/** An amount with its currency, which Twenty keeps in millionths. */
export const amount: Way = {
  fields: ['amount'],
  write: (value) =>
    isObject(value)
      ? { amountMicros: Math.round(Number(value['value']) * million), currencyCode: value['currency'] }
      : value,
  writesAlone: true,
  read: readAmount,
}
/** An amount without a currency: it keeps the one it has, or is in dollars, as twenty-mcp has it. */
export const bareAmount = (...fields: string[]): Way => ({
  fields,
  write: (value, now) => ({
    amountMicros: Math.round(Number(value) * million),
    currencyCode:
      typeof now['currencyCode'] === 'string' && now['currencyCode'] ? now['currencyCode'] : 'USD',
  }),
  read: readAmount,
})
/** Rich text; Twenty makes its blocks of Markdown itself. */
export const richText: Way = {
  fields: ['bodyV2', 'body'],
  read: (value) => (isObject(value) ? value['markdown'] : value),
}

export function readAmount(value: unknown): { value: number; currency: string } | undefined {
  if (!isObject(value) || value['amountMicros'] === null || value['amountMicros'] === undefined)
    return undefined
  const micros = Number(value['amountMicros'])
  const currency = value['currencyCode']
  return Number.isFinite(micros)
    ? { value: micros / million, currency: typeof currency === 'string' ? currency : '' }
    : undefined
}

/**
 * The body that sets these arguments. Composite fields go whole, with what they hold now: whether Twenty keeps parts that
 * aren't sent differs by version. @throws ToolRefusal when the workspace has no such field.
 */
export function toTwenty(
  map: RecordMap,
  given: Readonly<Record<string, unknown>>,
  workspace: TwentyWorkspace | null,
  now: TwentyRecord | null = null,
): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const [argument, way] of Object.entries(map.ways)) {
    const value = given[argument]
    if (value === undefined) continue
    const field = fieldFor(map.object, argument, way, workspace)
    const there = partsOf(body[field] ?? now?.[field])
    const written = field === 'bodyV2' ? { markdown: value } : way.write ? way.write(value, there) : value
    if (way.part === undefined) body[field] = written
    else body[field] = { ...without(there, way.part, written), [way.part]: written }
  }
  return body
}

/** True when setting these arguments needs what is there now. */
export function needsPresent(map: RecordMap, given: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(map.ways).some(
    ([argument, way]) =>
      given[argument] !== undefined &&
      (way.part !== undefined || (way.write !== undefined && !way.writesAlone)),
  )
}

function fieldFor(
  object: string,
  argument: string,
  { fields }: Way,
  workspace: TwentyWorkspace | null,
): string {
  const [usual = argument] = fields
  const known = objectNamed(workspace, object)
  if (!known) return usual
  const names = new Set(
    known.fields.flatMap(({ name, column }) => (column === null ? [name] : [name, column])),
  )
  const found = fields.find((field) => names.has(field))
  if (found !== undefined) return found
  throw new ToolRefusal(
    `This workspace has no field ${usual} on ${object}: leave ${argument} out, or see get_object_schema for what there is`,
  )
}

function partsOf(value: unknown): Record<string, unknown> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null && one !== undefined))
}

/** A number that names its country makes what was said of the country before untrue. */
function without(there: Record<string, unknown>, part: string, written: unknown): Record<string, unknown> {
  if (part !== 'primaryPhoneNumber' || !String(written).startsWith('+')) return there
  const { primaryPhoneCountryCode: _, primaryPhoneCallingCode: __, ...rest } = there
  return rest
}

/** What no model needs: Twenty's own bookkeeping, and rich text a second time. */
const noise = new Set(['position', 'searchVector', 'deletedAt', 'blocknote', 'context', 'updatedBy'])

/** The record under the names of the arguments; what has no argument is in `other`, without what is empty. */
export function fromTwenty(map: RecordMap, record: TwentyRecord): Record<string, unknown> {
  const { id, createdAt, updatedAt } = record
  const read: Record<string, unknown> = { id }
  const used = new Set(['id', 'createdAt', 'updatedAt'])
  for (const [argument, way] of Object.entries(map.ways)) {
    for (const field of way.fields) {
      used.add(field)
      const held = record[field]
      const value = way.part === undefined ? held : isObject(held) ? held[way.part] : undefined
      const shown = compact(way.read ? way.read(value) : value)
      if (shown !== undefined && read[argument] === undefined) read[argument] = shown
    }
  }
  const rest = compact(Object.fromEntries(Object.entries(record).filter(([field]) => !used.has(field))))
  return { ...read, createdAt, updatedAt, ...(rest !== undefined && { other: rest }) }
}

const maxText = 4000

/** Without what is empty, long texts cut; undefined when nothing is left. */
export function compact(value: unknown): unknown {
  if (value === null || value === undefined || value === '') return undefined
  if (typeof value === 'string') return value.length > maxText ? `${value.slice(0, maxText)} … (cut)` : value
  if (Array.isArray(value)) {
    const kept = value.map(compact).filter((one) => one !== undefined)
    return kept.length === 0 ? undefined : kept.slice(0, 60)
  }
  if (!isObject(value)) return value
  const kept = Object.entries(value)
    .filter(([key]) => !noise.has(key))
    .flatMap(([key, one]) => {
      const shown = compact(one)
      return shown === undefined ? [] : [[key, shown] as const]
    })
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
