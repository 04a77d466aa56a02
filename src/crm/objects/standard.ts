import type { FieldKind } from '#contract'
import type { Field } from '../fields/field-type.ts'
import type { RecordObject } from './record-object.ts'
import { systemFields } from './system-fields.ts'

type Shape = Partial<Pick<Field, 'settings' | 'required' | 'unique' | 'defaultValue' | 'description'>>
type FieldDefinition = [name: string, label: string, kind: FieldKind, shape?: Shape]

function define(
  name: string,
  [label, labelPlural, icon]: [string, string, string],
  labelField: string,
  definitions: FieldDefinition[],
): RecordObject {
  const own = definitions.map(([field, label, kind, shape]): Field => ({
    id: `fld_${name}_${field}`,
    object: name,
    name: field,
    label,
    description: null,
    kind,
    settings: {},
    required: false,
    unique: false,
    readOnly: 'no',
    defaultValue: null,
    pattern: null,
    standard: true,
    system: false,
    column: field,
    ...shape,
  }))
  return {
    id: `obj_${name}`,
    name,
    label,
    labelPlural,
    icon,
    standard: true,
    labelField,
    fields: new Map([...systemFields(name), ...own].map((field) => [field.name, field])),
  }
}

const required = { required: true }
const options = (...list: [value: string, label: string, color: string][]) => ({
  options: list.map(([value, label, color]) => ({ value, label, color })),
})
const about = { settings: { objects: ['company', 'person', 'opportunity'] } }

/** The objects every install begins with. Rows of the metadata like any other: this list is only their seed. */
export const standardObjects: RecordObject[] = [
  define('company', ['Company', 'Companies', 'building'], 'name', [
    ['name', 'Name', 'text', required],
    ['domain', 'Domain', 'url', { unique: true, description: 'The company’s web address' }],
    ['employees', 'Employees', 'number', { settings: { decimals: 0, min: 0 } }],
    ['annual_revenue', 'Annual revenue', 'currency', { settings: { currency: 'EUR' } }],
    [
      'industry',
      'Industry',
      'select',
      {
        settings: options(
          ['software', 'Software', 'blue'],
          ['manufacturing', 'Manufacturing', 'orange'],
          ['finance', 'Finance', 'green'],
          ['health', 'Health', 'red'],
          ['retail', 'Retail', 'purple'],
          ['energy', 'Energy', 'amber'],
          ['logistics', 'Logistics', 'teal'],
          ['media', 'Media', 'pink'],
          ['education', 'Education', 'indigo'],
          ['other', 'Other', 'gray'],
        ),
      },
    ],
    ['city', 'City', 'text'],
    ['country', 'Country', 'text'],
    ['linkedin', 'LinkedIn', 'url'],
    ['owner', 'Owner', 'member'],
  ]),
  define('person', ['Person', 'People', 'user'], 'name', [
    ['name', 'Name', 'full_name', required],
    ['emails', 'E-mails', 'emails'],
    ['phones', 'Phones', 'phones'],
    ['job_title', 'Job title', 'text'],
    ['company', 'Company', 'relation', { settings: { object: 'company' } }],
    ['linkedin', 'LinkedIn', 'url'],
    ['city', 'City', 'text'],
    ['owner', 'Owner', 'member'],
  ]),
  define('opportunity', ['Opportunity', 'Opportunities', 'target'], 'name', [
    ['name', 'Name', 'text', required],
    ['amount', 'Amount', 'currency', { settings: { currency: 'EUR' } }],
    ['close_date', 'Close date', 'date'],
    [
      'stage',
      'Stage',
      'select',
      {
        defaultValue: 'new',
        settings: options(
          ['new', 'New', 'gray'],
          ['qualified', 'Qualified', 'blue'],
          ['proposal', 'Proposal', 'purple'],
          ['negotiation', 'Negotiation', 'amber'],
          ['won', 'Won', 'green'],
          ['lost', 'Lost', 'red'],
        ),
      },
    ],
    ['company', 'Company', 'relation', { settings: { object: 'company' } }],
    ['contact', 'Contact', 'relation', { settings: { object: 'person' } }],
    ['owner', 'Owner', 'member'],
  ]),
  define('task', ['Task', 'Tasks', 'check-square'], 'title', [
    ['title', 'Title', 'text', required],
    ['body', 'Body', 'long_text'],
    ['due_date', 'Due date', 'date'],
    [
      'status',
      'Status',
      'select',
      {
        defaultValue: 'todo',
        settings: options(
          ['todo', 'To do', 'gray'],
          ['in_progress', 'In progress', 'blue'],
          ['done', 'Done', 'green'],
        ),
      },
    ],
    ['assignee', 'Assignee', 'member'],
    ['about', 'About', 'target', about],
  ]),
  define('note', ['Note', 'Notes', 'sticky-note'], 'title', [
    ['title', 'Title', 'text', required],
    ['body', 'Body', 'long_text'],
    ['about', 'About', 'target', about],
  ]),
]
