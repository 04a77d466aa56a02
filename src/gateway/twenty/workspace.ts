import { z } from 'zod'
import { TwentyRefusal } from './client/answers.ts'
import type { TwentyClient } from './client/twenty-client.ts'

export type TwentyField = {
  id: string
  name: string
  label: string
  type: string
  description: string | null
  isCustom: boolean
  isSystem: boolean
  isActive: boolean
  isNullable: boolean
  options: { value: string; label: string }[]
  defaultValue: unknown
  /** Of a relation that has a column here: how that is called. */
  column: string | null
  relation: 'MANY_TO_ONE' | 'ONE_TO_MANY' | null
}
export type TwentyObject = {
  id: string
  singular: string
  plural: string
  label: string
  labelPlural: string
  description: string | null
  isCustom: boolean
  isSystem: boolean
  isActive: boolean
  fields: TwentyField[]
}
/** What a workspace consists of, as one key sees it. */
export type TwentyWorkspace = { objects: readonly TwentyObject[] }

const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/)
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null)
const flag = (absent: boolean) =>
  z
    .boolean()
    .nullish()
    .transform((value) => value ?? absent)

const field = z
  .looseObject({
    id: z.string(),
    name,
    label: z.string(),
    type: z.string(),
    description: text,
    isCustom: flag(false),
    isSystem: flag(false),
    isActive: flag(true),
    isNullable: flag(true),
    options: z
      .array(z.looseObject({ value: z.string(), label: z.string() }))
      .nullish()
      .catch(null),
    defaultValue: z.unknown(),
    settings: z
      .looseObject({ relationType: z.string().optional(), joinColumnName: z.string().nullish() })
      .nullish()
      .catch(null),
    relation: z.looseObject({ type: z.string() }).nullish().catch(null),
  })
  .transform(({ settings, relation, options, defaultValue, ...rest }): TwentyField => {
    const kind = settings?.relationType ?? relation?.type
    const isRelation = rest.type === 'RELATION' || rest.type === 'MORPH_RELATION'
    const column =
      isRelation && kind === 'MANY_TO_ONE' ? (settings?.joinColumnName ?? `${rest.name}Id`) : null
    return {
      id: rest.id,
      name: rest.name,
      label: rest.label,
      type: rest.type,
      description: rest.description,
      isCustom: rest.isCustom,
      isSystem: rest.isSystem,
      isActive: rest.isActive,
      isNullable: rest.isNullable,
      defaultValue: defaultValue ?? null,
      options: (options ?? []).map((option) => ({ value: option.value, label: option.label })),
      column: name.safeParse(column).success ? column : null,
      relation: kind === 'MANY_TO_ONE' || kind === 'ONE_TO_MANY' ? kind : null,
    }
  })

// A field that nobody understands is left out; the object stays.
const fields = z
  .union([
    z.array(z.unknown()),
    z
      .looseObject({ edges: z.array(z.looseObject({ node: z.unknown() })) })
      .transform(({ edges }) => edges.map(({ node }) => node)),
  ])
  .catch([])
  .transform((all) => all.flatMap((one) => field.safeParse(one).data ?? []))

const object = z
  .looseObject({
    id: z.string(),
    nameSingular: name,
    namePlural: name,
    labelSingular: z.string(),
    labelPlural: z.string(),
    description: text,
    isCustom: flag(false),
    isSystem: flag(false),
    isActive: flag(true),
    fields,
  })
  .transform((one): TwentyObject => ({
    id: one.id,
    singular: one.nameSingular,
    plural: one.namePlural,
    label: one.labelSingular,
    labelPlural: one.labelPlural,
    description: one.description,
    isCustom: one.isCustom,
    isSystem: one.isSystem,
    isActive: one.isActive,
    fields: one.fields,
  }))

const maxPages = 20

/** Reads all objects with their fields. Null when the key's role may not read the data model. */
export async function readWorkspace(client: TwentyClient): Promise<TwentyWorkspace | null> {
  const objects: TwentyObject[] = []
  let after: string | null = null
  try {
    for (let count = 0; count < maxPages; count++) {
      const page = await client.metadata('objects', { after })
      objects.push(...page.records.flatMap((one) => object.safeParse(one).data ?? []))
      after = page.next
      if (after === null) break
    }
  } catch (error) {
    if (error instanceof TwentyRefusal && error.status === 403) return null
    throw error
  }
  return { objects: objects.sort((a, b) => (a.singular < b.singular ? -1 : 1)) }
}

export function objectNamed(workspace: TwentyWorkspace | null, called: string): TwentyObject | undefined {
  const wanted = called.toLowerCase()
  return workspace?.objects.find(
    ({ id, singular, plural }) =>
      id === wanted || singular.toLowerCase() === wanted || plural.toLowerCase() === wanted,
  )
}
