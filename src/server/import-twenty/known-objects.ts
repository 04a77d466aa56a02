import { isObject } from '#foundation'
import {
  dayOf,
  fullNameOf,
  lineOf,
  listOf,
  markdownOf,
  moneyOf,
  optionValue,
  partOf,
  phonesOf,
} from './map-field.ts'

/** Twenty's record as the API gives it. */
type Given = Readonly<Record<string, unknown>>
/** Members of ours by their id in Twenty. */
export type Members = ReadonlyMap<string, string>
/** One of our fields, and what it gets from a record. */
export type Column = {
  name: string
  /** Twenty's field that it is, for views. */
  from: string
  read(given: Given, members: Members): unknown
}

export const one = (name: string, field: string, read: (value: unknown) => unknown): Column => ({
  name,
  from: field,
  read: (given) => {
    const value = given[field]
    return value === undefined ? undefined : value === null ? null : read(value)
  },
})
export const link = (name: string, column: string, kind: string): Column => ({
  name,
  from: column.replace(/Id$/, ''),
  read: (given) => refTo(given[column], kind),
})
export const memberOf = (name: string, column: string): Column => ({
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
export const knownObjects: Readonly<Record<string, Known>> = {
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
