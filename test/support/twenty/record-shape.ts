import { randomUUID } from 'node:crypto'
import { BadRequest } from './bad-request.ts'
import type { FieldModel, ObjectModel } from './data-model.ts'

export type StoredRecord = { id: string; createdAt: string; [field: string]: unknown }

/** The parts of a composite field, empty, as Twenty answers them. */
const composites: Readonly<Record<string, () => Record<string, unknown>>> = {
  FULL_NAME: () => ({ firstName: '', lastName: '' }),
  EMAILS: () => ({ primaryEmail: '', additionalEmails: null }),
  PHONES: () => ({
    primaryPhoneNumber: '',
    primaryPhoneCountryCode: '',
    primaryPhoneCallingCode: '',
    additionalPhones: null,
  }),
  LINKS: () => ({ primaryLinkLabel: '', primaryLinkUrl: '', secondaryLinks: null }),
  CURRENCY: () => ({ amountMicros: null, currencyCode: '' }),
  ADDRESS: () => ({
    addressStreet1: '',
    addressStreet2: '',
    addressCity: '',
    addressPostcode: '',
    addressState: '',
    addressCountry: '',
    addressLat: null,
    addressLng: null,
  }),
  RICH_TEXT_V2: () => ({ blocknote: null, markdown: null }),
  ACTOR: () => ({ source: 'API', workspaceMemberId: null, name: '' }),
}
export const isComposite = (type: string): boolean => Object.hasOwn(composites, type)

/** A new record of what was sent. @throws BadRequest as Twenty does. */
export function made(
  object: ObjectModel,
  sent: Record<string, unknown>,
  keyName: string,
  now: Date,
): StoredRecord {
  const at = now.toISOString()
  const record: StoredRecord = { id: randomUUID(), createdAt: at, updatedAt: at, deletedAt: null }
  for (const field of object.fields) {
    if (field.settings?.joinColumnName) record[field.settings.joinColumnName] = null
    else if (!field.settings && field.type !== 'TS_VECTOR' && record[field.name] === undefined)
      record[field.name] = initial(field)
  }
  record['createdBy'] = { source: 'API', workspaceMemberId: null, name: keyName }
  return set(object, record, sent)
}

/**
 * The record with what was sent. Parts of a composite field that aren't sent are emptied: versions differ, and this is
 * what loses most.
 */
export function set(object: ObjectModel, record: StoredRecord, sent: Record<string, unknown>): StoredRecord {
  const next = { ...record }
  for (const [name, value] of Object.entries(sent)) {
    const field = object.fields.find((one) => one.settings?.joinColumnName === name || one.name === name)
    if (!field || (field.settings && field.settings.joinColumnName !== name))
      throw new BadRequest(`Object ${object.nameSingular} doesn't have any "${name}" field.`)
    next[name] = checked(object, field, value)
  }
  return next
}

function initial(field: FieldModel): unknown {
  if (isComposite(field.type)) return composites[field.type]?.()
  const { defaultValue } = field
  if (typeof defaultValue === 'string') return defaultValue.replaceAll("'", '')
  if (defaultValue !== null) return defaultValue
  return field.type === 'TEXT' ? '' : null
}

function checked(object: ObjectModel, field: FieldModel, value: unknown): unknown {
  const wrong = () => new BadRequest(`Invalid value for field "${field.name}" of type ${field.type}`)
  if (value === null) return isComposite(field.type) ? composites[field.type]?.() : null
  if (isComposite(field.type)) return compositeOf(field, value)
  switch (field.type) {
    case 'NUMBER':
    case 'NUMERIC':
    case 'POSITION':
      if (typeof value !== 'number') throw wrong()
      return value
    case 'BOOLEAN':
      if (typeof value !== 'boolean') throw wrong()
      return value
    case 'DATE':
    case 'DATE_TIME':
      if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) throw wrong()
      return field.type === 'DATE' ? value.slice(0, 10) : new Date(value).toISOString()
    case 'SELECT':
    case 'MULTI_SELECT':
      for (const one of Array.isArray(value) ? value : [value])
        if (!field.options?.some((option) => option.value === one))
          throw new BadRequest(
            `invalid input value for enum workspace_1.${object.nameSingular}_${field.name}_enum: "${String(one)}"`,
          )
      return value
    default:
      if (typeof value !== 'string') throw wrong()
      return value
  }
}

function compositeOf(field: FieldModel, value: unknown): Record<string, unknown> {
  const whole = composites[field.type]?.() ?? {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadRequest(`Invalid value for field "${field.name}" of type ${field.type}`)
  for (const [part, one] of Object.entries(value)) {
    if (!Object.hasOwn(whole, part))
      throw new BadRequest(`Sub field "${part}" not found for composite type: ${field.type}`)
    // Twenty keeps links without the slash at their end.
    whole[part] = part === 'primaryLinkUrl' ? String(one).replace(/\/$/, '') : one
  }
  if (field.type === 'RICH_TEXT_V2' && typeof whole['markdown'] === 'string')
    whole['blocknote'] = JSON.stringify([{ type: 'paragraph', content: whole['markdown'] }])
  return whole
}
