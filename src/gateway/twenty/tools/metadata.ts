import { z } from 'zod'
import { objectNamed } from '../workspace.ts'
import type { TwentyField, TwentyObject, TwentyWorkspace } from '../workspace.ts'
import { compact } from './record-map.ts'
import { defineTool, ToolRefusal } from './tool.ts'
import type { ToolContext, TwentyTool } from './tool.ts'

/** Types as twenty-mcp names them; Twenty has other names for some today. */
const fieldTypes = [
  'UUID',
  'TEXT',
  'PHONE',
  'EMAIL',
  'DATE_TIME',
  'DATE',
  'BOOLEAN',
  'NUMBER',
  'CURRENCY',
  'FULL_NAME',
  'LINK',
  'LINKS',
  'ADDRESS',
  'RATING',
  'SELECT',
  'MULTI_SELECT',
  'RELATION',
  'RICH_TEXT',
  'POSITION',
  'RAW_JSON',
] as const
const today: Partial<Record<(typeof fieldTypes)[number], readonly string[]>> = {
  PHONE: ['PHONE', 'PHONES'],
  EMAIL: ['EMAIL', 'EMAILS'],
  LINK: ['LINK', 'LINKS'],
  NUMBER: ['NUMBER', 'NUMERIC'],
  RELATION: ['RELATION', 'MORPH_RELATION'],
  RICH_TEXT: ['RICH_TEXT', 'RICH_TEXT_V2'],
}
const maxFields = 400
const objectName = z.string().trim().min(1).max(64).describe('Singular, plural or id')
const inclusion = {
  includeCustom: z.boolean().default(true),
  includeSystem: z.boolean().default(false),
  activeOnly: z.boolean().default(true),
}

export const metadataTools: TwentyTool[] = [
  defineTool({
    name: 'list_all_objects',
    title: 'List objects',
    description: 'The kinds of records this workspace has, custom ones too.',
    kind: 'reads',
    input: z.strictObject({ ...inclusion, groupBy: z.enum(['type', 'none']).default('type') }),
    async run(context, { groupBy, ...included }) {
      const { objects } = await modelOf(context)
      const listed = objects
        .filter((one) => isIncluded(one, included))
        .map((one) => ({ ...headOf(one), kind: kindOf(one) }))
      if (groupBy === 'none') return { objects: listed, total: listed.length }
      const of = (kind: string) =>
        objects.filter((one) => isIncluded(one, included) && kindOf(one) === kind).map(headOf)
      return { standard: of('standard'), custom: of('custom'), system: of('system'), total: listed.length }
    },
  }),
  defineTool({
    name: 'get_object_schema',
    title: 'Get an object’s fields',
    description: 'One object with its fields, their types and options.',
    kind: 'reads',
    input: z.strictObject({ objectName, includeSystemFields: z.boolean().default(false) }),
    async run(context, { objectName, includeSystemFields }) {
      const object = mustFind(await modelOf(context), objectName)
      const fields = object.fields.filter(({ isSystem }) => includeSystemFields || !isSystem).map(fieldOf)
      return { ...headOf(object), isActive: object.isActive, isCustom: object.isCustom, fields }
    },
  }),
  defineTool({
    name: 'get_field_metadata',
    title: 'Get fields',
    description: `Fields of one object or of all, by type. Up to ${maxFields}.`,
    kind: 'reads',
    input: z.strictObject({
      objectName: objectName.optional(),
      fieldType: z.enum(fieldTypes).optional(),
      ...inclusion,
    }),
    async run(context, { objectName, fieldType, ...included }) {
      const model = await modelOf(context)
      const objects = objectName === undefined ? model.objects : [mustFind(model, objectName)]
      const wanted = fieldType && (today[fieldType] ?? [fieldType])
      const fields = objects
        .filter((one) => objectName !== undefined || isIncluded(one, included))
        .flatMap((object) =>
          object.fields
            .filter((one) => isIncluded(one, included) && (!wanted || wanted.includes(one.type)))
            .map((one) => ({ object: object.singular, ...fieldOf(one) })),
        )
      return { fields: fields.slice(0, maxFields), total: fields.length }
    },
  }),
]

async function modelOf({ workspace }: ToolContext): Promise<TwentyWorkspace> {
  const model = await workspace()
  if (model) return model
  throw new ToolRefusal(
    'The role of your key in Twenty may not read the data model. An administrator of Twenty can allow it (Settings, Roles)',
  )
}

function mustFind(model: TwentyWorkspace, called: string): TwentyObject {
  const object = objectNamed(model, called)
  if (object) return object
  throw new ToolRefusal(`There is no object ${called}. list_all_objects has their names`)
}

function isIncluded(
  { isCustom, isSystem, isActive }: Pick<TwentyObject, 'isCustom' | 'isSystem' | 'isActive'>,
  { includeCustom, includeSystem, activeOnly }: Record<keyof typeof inclusion, boolean>,
): boolean {
  return (includeCustom || !isCustom) && (includeSystem || !isSystem) && (!activeOnly || isActive)
}

function kindOf({ isCustom, isSystem }: TwentyObject): 'system' | 'custom' | 'standard' {
  return isSystem ? 'system' : isCustom ? 'custom' : 'standard'
}

function headOf({ singular, plural, label, description, fields }: TwentyObject) {
  return { name: singular, plural, label, ...(description && { description }), fieldCount: fields.length }
}

function fieldOf({
  name,
  label,
  type,
  description,
  isCustom,
  isNullable,
  options,
  defaultValue,
  column,
}: TwentyField) {
  const initial = compact(defaultValue)
  return {
    name,
    label,
    type,
    ...(column !== null && { column }),
    ...(description && { description }),
    ...(isCustom && { custom: true }),
    ...(!isNullable && initial === undefined && { required: true }),
    ...(options.length > 0 && { options: options.slice(0, 100).map(({ value }) => value) }),
    ...(initial !== undefined && { default: initial }),
  }
}
