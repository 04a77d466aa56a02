import { createHash } from 'node:crypto'

export type FieldModel = {
  id: string
  name: string
  label: string
  type: string
  description: string
  isCustom: boolean
  isSystem: boolean
  isActive: boolean
  isNullable: boolean
  defaultValue: unknown
  options: { value: string; label: string; color: string; position: number }[] | null
  settings: { relationType?: string; joinColumnName?: string } | null
  /** The object that a relation leads to, by its singular name. */
  target?: string
  /** The field of that object that leads back. */
  inverse?: string
}
export type ObjectModel = {
  id: string
  nameSingular: string
  namePlural: string
  labelSingular: string
  labelPlural: string
  description: string
  icon: string
  isCustom: boolean
  isSystem: boolean
  isActive: boolean
  fields: FieldModel[]
}
/** `today`: what 2026 versions have. `before`: targets of notes and tasks without their prefix, as until 2025. */
export type ModelVersion = 'today' | 'before'

type Options = Partial<
  Pick<FieldModel, 'isSystem' | 'isCustom' | 'isActive' | 'isNullable' | 'defaultValue'>
> & {
  options?: readonly string[]
}

/** A UUID that is the same in every run. */
export function uuidFor(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function labelOf(name: string): string {
  const words = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function field(name: string, type: string, { options, ...more }: Options = {}): FieldModel {
  return {
    id: '',
    name,
    label: labelOf(name),
    type,
    description: '',
    isCustom: false,
    isSystem: false,
    isActive: true,
    isNullable: true,
    defaultValue: null,
    options:
      options?.map((value, position) => ({
        value,
        label: labelOf(value.toLowerCase()),
        color: 'sky',
        position,
      })) ?? null,
    settings: null,
    ...more,
  }
}

function belongsTo(name: string, target: string, inverse: string, type = 'RELATION'): FieldModel {
  const settings = { relationType: 'MANY_TO_ONE', joinColumnName: `${name}Id` }
  return { ...field(name, type), settings, target, inverse }
}

function hasMany(name: string, target: string, inverse: string): FieldModel {
  return { ...field(name, 'RELATION'), settings: { relationType: 'ONE_TO_MANY' }, target, inverse }
}

const system = { isSystem: true }
function baseFields(): FieldModel[] {
  return [
    field('id', 'UUID', { ...system, isNullable: false, defaultValue: 'uuid' }),
    field('createdAt', 'DATE_TIME', { isNullable: false, defaultValue: 'now' }),
    field('updatedAt', 'DATE_TIME', { isNullable: false, defaultValue: 'now' }),
    field('deletedAt', 'DATE_TIME'),
    field('createdBy', 'ACTOR', { isNullable: false, defaultValue: { source: "'MANUAL'" } }),
    field('position', 'POSITION', { ...system, isNullable: false, defaultValue: 0 }),
    field('searchVector', 'TS_VECTOR', system),
  ]
}

function object(
  nameSingular: string,
  namePlural: string,
  fields: FieldModel[],
  more: Partial<ObjectModel> = {},
): ObjectModel {
  return {
    id: uuidFor(`object ${nameSingular}`),
    nameSingular,
    namePlural,
    labelSingular: labelOf(nameSingular),
    labelPlural: labelOf(namePlural),
    description: `A ${labelOf(nameSingular).toLowerCase()}`,
    icon: 'IconBox',
    isCustom: false,
    isSystem: false,
    isActive: true,
    ...more,
    fields: [...baseFields(), ...fields].map((one) => ({
      ...one,
      id: uuidFor(`field ${nameSingular} ${one.name}`),
      isCustom: one.isCustom || (more.isCustom === true && !one.isSystem),
    })),
  }
}

const stages = ['NEW', 'SCREENING', 'MEETING', 'PROPOSAL', 'CUSTOMER']

/** The objects of a workspace that somebody just made, with one of her own. */
export function dataModel(version: ModelVersion = 'today'): ObjectModel[] {
  const target = (to: string, inverse: string) =>
    version === 'today'
      ? belongsTo(`target${to.charAt(0).toUpperCase()}${to.slice(1)}`, to, inverse, 'MORPH_RELATION')
      : belongsTo(to, to, inverse)
  const targets = (inverse: string) => [
    target('person', inverse),
    target('company', inverse),
    target('opportunity', inverse),
  ]
  return [
    object('company', 'companies', [
      field('name', 'TEXT'),
      field('domainName', 'LINKS'),
      field('employees', 'NUMBER'),
      field('linkedinLink', 'LINKS'),
      field('xLink', 'LINKS'),
      field('annualRecurringRevenue', 'CURRENCY'),
      field('address', 'ADDRESS'),
      field('idealCustomerProfile', 'BOOLEAN', { isNullable: false, defaultValue: false }),
      belongsTo('accountOwner', 'workspaceMember', 'accountOwnerForCompanies'),
      hasMany('people', 'person', 'company'),
      hasMany('opportunities', 'opportunity', 'company'),
    ]),
    object('person', 'people', [
      field('name', 'FULL_NAME'),
      field('emails', 'EMAILS'),
      field('linkedinLink', 'LINKS'),
      field('jobTitle', 'TEXT'),
      field('phones', 'PHONES'),
      field('city', 'TEXT'),
      field('avatarUrl', 'TEXT', system),
      belongsTo('company', 'company', 'people'),
      hasMany('pointOfContactForOpportunities', 'opportunity', 'pointOfContact'),
    ]),
    object('opportunity', 'opportunities', [
      field('name', 'TEXT', { isNullable: false, defaultValue: "''" }),
      field('amount', 'CURRENCY'),
      field('closeDate', 'DATE_TIME'),
      field('stage', 'SELECT', { isNullable: false, defaultValue: "'NEW'", options: stages }),
      belongsTo('pointOfContact', 'person', 'pointOfContactForOpportunities'),
      belongsTo('company', 'company', 'opportunities'),
    ]),
    object('note', 'notes', [
      field('title', 'TEXT'),
      field('bodyV2', 'RICH_TEXT_V2'),
      hasMany('noteTargets', 'noteTarget', 'note'),
    ]),
    object('task', 'tasks', [
      field('title', 'TEXT'),
      field('bodyV2', 'RICH_TEXT_V2'),
      field('dueAt', 'DATE_TIME'),
      field('status', 'SELECT', { defaultValue: "'TODO'", options: ['TODO', 'IN_PROGRESS', 'DONE'] }),
      belongsTo('assignee', 'workspaceMember', 'assignedTasks'),
      hasMany('taskTargets', 'taskTarget', 'task'),
    ]),
    object(
      'noteTarget',
      'noteTargets',
      [belongsTo('note', 'note', 'noteTargets'), ...targets('noteTargets')],
      system,
    ),
    object(
      'taskTarget',
      'taskTargets',
      [belongsTo('task', 'task', 'taskTargets'), ...targets('taskTargets')],
      system,
    ),
    object(
      'attachment',
      'attachments',
      [
        field('name', 'TEXT'),
        field('fullPath', 'TEXT'),
        field('fileCategory', 'SELECT', { options: ['TEXT_DOCUMENT', 'IMAGE', 'OTHER'] }),
        ...targets('attachments'),
        target('note', 'attachments'),
        target('task', 'attachments'),
      ],
      system,
    ),
    object(
      'workspaceMember',
      'workspaceMembers',
      [field('name', 'FULL_NAME'), field('userEmail', 'TEXT'), hasMany('assignedTasks', 'task', 'assignee')],
      system,
    ),
    object(
      'rocket',
      'rockets',
      [
        field('name', 'TEXT'),
        field('thrust', 'NUMBER'),
        field('launchedAt', 'DATE_TIME'),
        field('fuel', 'SELECT', { options: ['KEROSENE', 'HYDROGEN'] }),
        field('missions', 'MULTI_SELECT', { options: ['MOON', 'MARS'] }),
        field('price', 'CURRENCY'),
        field('reusable', 'BOOLEAN'),
        belongsTo('builder', 'company', 'rockets'),
      ],
      { isCustom: true, description: 'What Acme builds' },
    ),
  ]
}
