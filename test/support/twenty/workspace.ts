import { BadRequest } from './bad-request.ts'
import { order, parseFilter } from './filter.ts'
import { isComposite, made, set } from './record-shape.ts'
import type { StoredRecord } from './record-shape.ts'
import type { FieldModel, ObjectModel } from './data-model.ts'

export type Listed = {
  records: StoredRecord[]
  total: number
  hasNextPage: boolean
  startCursor: string | null
  endCursor: string | null
}
const most = 60

/** The records of one workspace, in memory. */
export class TwentyWorkspace {
  readonly objects: ObjectModel[]
  readonly records = new Map<string, StoredRecord[]>()
  private readonly now: () => Date

  constructor(objects: ObjectModel[], now: () => Date) {
    this.objects = objects
    this.now = now
  }

  all(object: ObjectModel): StoredRecord[] {
    const held = this.records.get(object.nameSingular) ?? []
    this.records.set(object.nameSingular, held)
    return held
  }

  named(name: string): ObjectModel | undefined {
    return this.objects.find(({ namePlural }) => namePlural === name)
  }

  /** For tests: puts a record there without a request. */
  add(singular: string, sent: Record<string, unknown>): StoredRecord {
    const object = this.objects.find(({ nameSingular }) => nameSingular === singular)
    if (!object) throw new Error(`no object ${singular}`)
    return this.create(object, sent, 'seed')
  }

  create(object: ObjectModel, sent: Record<string, unknown>, keyName: string): StoredRecord {
    const record = made(object, sent, keyName, this.now())
    const held = this.all(object)
    if (held.some(({ id }) => id === record.id)) throw new BadRequest('Record already exists')
    for (const field of object.fields) this.mustLead(field, record)
    held.push(record)
    return record
  }

  get(object: ObjectModel, id: string): StoredRecord | undefined {
    return this.all(object).find((one) => one.id === id && one['deletedAt'] === null)
  }

  update(object: ObjectModel, id: string, sent: Record<string, unknown>): StoredRecord | undefined {
    const held = this.all(object)
    const at = held.findIndex((one) => one.id === id && one['deletedAt'] === null)
    const record = held[at]
    if (!record) return undefined
    const next = { ...set(object, record, sent), updatedAt: this.now().toISOString() }
    for (const field of object.fields) this.mustLead(field, next)
    held[at] = next
    return next
  }

  find(object: ObjectModel, query: URLSearchParams): Listed {
    const filter = query.get('filter')
    const test = filter ? parseFilter(filter, object) : () => true
    const deleted = filter?.includes('deletedAt') ?? false
    const found = this.all(object)
      .filter((record) => (deleted || record['deletedAt'] === null) && test(record))
      .sort(sorting(query.get('order_by'), object))
    const limit = limitOf(query.get('limit'))
    const after = query.get('starting_after')
    const before = query.get('ending_before')
    if (after && before) throw new BadRequest('Cannot provide both starting_after and ending_before')
    const start = after ? placeOf(found, after) + 1 : before ? Math.max(0, placeOf(found, before) - limit) : 0
    const end = before ? placeOf(found, before) : start + limit
    const records = found.slice(start, Math.min(end, start + limit))
    const [first, last] = [records[0], records.at(-1)]
    return {
      records,
      total: found.length,
      hasNextPage: before ? false : start + limit < found.length,
      startCursor: first ? cursorOf(first) : null,
      endCursor: last ? cursorOf(last) : null,
    }
  }

  /** With the records that it names, one level deep. */
  withRelations(object: ObjectModel, record: StoredRecord): Record<string, unknown> {
    const whole: Record<string, unknown> = { ...record }
    for (const { name, settings, target, inverse } of object.fields) {
      const other = this.objects.find(({ nameSingular }) => nameSingular === target)
      if (!settings || !other) continue
      if (settings.joinColumnName) {
        const id = record[settings.joinColumnName]
        whole[name] = typeof id === 'string' ? (this.get(other, id) ?? null) : null
      } else {
        const column = other.fields.find((field) => field.name === inverse)?.settings?.joinColumnName
        whole[name] = this.all(other)
          .filter((one) => column !== undefined && one[column] === record.id)
          .slice(0, most)
      }
    }
    return whole
  }

  private mustLead({ settings, target }: FieldModel, record: StoredRecord): void {
    const id = settings?.joinColumnName === undefined ? null : record[settings.joinColumnName]
    if (id === null || id === undefined) return
    const other = this.objects.find(({ nameSingular }) => nameSingular === target)
    if (typeof id !== 'string' || !other || !this.all(other).some((one) => one.id === id))
      throw new BadRequest(`insert or update violates foreign key constraint on ${settings?.joinColumnName}`)
  }
}

function limitOf(given: string | null): number {
  if (!given) return most
  const limit = Number(given)
  if (!Number.isInteger(limit) || limit < 0)
    throw new BadRequest(`limit '${given}' is invalid. Should be an integer`)
  return Math.min(limit, most)
}

function cursorOf({ id }: StoredRecord): string {
  return Buffer.from(JSON.stringify({ id })).toString('base64')
}

function placeOf(found: readonly StoredRecord[], cursor: string): number {
  let id: unknown
  try {
    id = (JSON.parse(Buffer.from(cursor, 'base64').toString()) as { id?: unknown }).id
  } catch {
    id = undefined
  }
  const at = found.findIndex((one) => one.id === id)
  if (at < 0) throw new BadRequest(`Invalid cursor: ${cursor}`)
  return at
}

function sorting(text: string | null, object: ObjectModel): (a: StoredRecord, b: StoredRecord) => number {
  const keys = (text === null ? [] : text.split(',')).map((one) => {
    const [, path = '', direction = 'AscNullsFirst'] = /^([^[]+)(?:\[([^\]]+)\])?$/.exec(one) ?? []
    const [name, part] = path.split('.')
    const field = object.fields.find((known) => known.name === name)
    if (!field || isComposite(field.type) !== (part !== undefined))
      throw new BadRequest(`'order_by' invalid: ${path}`)
    if (!/^(Asc|Desc)Nulls(First|Last)$/.test(direction))
      throw new BadRequest(`'order_by' direction '${direction}' invalid`)
    return {
      name: field.name,
      part,
      descends: direction.startsWith('Desc'),
      nullsLast: direction.endsWith('Last'),
    }
  })
  return (a, b) => {
    for (const { name, part, descends, nullsLast } of keys) {
      const [x, y] = [a[name], b[name]].map((value) =>
        part === undefined ? value : (value as Record<string, unknown> | null)?.[part],
      )
      if ((x ?? null) === null || (y ?? null) === null) {
        if ((x ?? null) === (y ?? null)) continue
        return ((x ?? null) === null) === nullsLast ? 1 : -1
      }
      const compared = order(x, y)
      if (compared !== 0) return descends ? -compared : compared
    }
    return a.id < b.id ? -1 : 1
  }
}
