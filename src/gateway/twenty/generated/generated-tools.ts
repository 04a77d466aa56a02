import { z } from 'zod'
import { hasWords } from '../client/filter.ts'
import type { TwentyRecord } from '../client/twenty-client.ts'
import { id, limit, offset } from '../tools/arguments.ts'
import { builtInTools } from '../tools/built-in-tools.ts'
import { existing } from '../tools/crud.ts'
import { listFrom } from '../tools/pages.ts'
import { compact } from '../tools/record-map.ts'
import { defineTool, ToolRefusal } from '../tools/tool.ts'
import type { TwentyTool } from '../tools/tool.ts'
import type { TwentyObject, TwentyWorkspace } from '../workspace.ts'
import { plainText, settable } from './field-schema.ts'

/** A list that a model reads whole: four tools each. */
const maxObjects = 25
/** Schemas take their time; a workspace is read once for many calls. */
const made = new WeakMap<TwentyWorkspace, readonly TwentyTool[]>()
const taken = new Set(builtInTools.map(({ definition }) => definition.name))

/** Tools for the custom objects, the first {@link maxObjects} by name: list, get, create, update. */
export function generatedTools(workspace: TwentyWorkspace): readonly TwentyTool[] {
  const known = made.get(workspace)
  if (known) return known
  const used = new Set(taken)
  const tools = workspace.objects
    .filter(({ isCustom, isSystem, isActive }) => isCustom && !isSystem && isActive)
    .slice(0, maxObjects)
    .flatMap((object) => toolsOf(object, used))
  made.set(workspace, tools)
  return tools
}

function toolsOf(object: TwentyObject, used: Set<string>): TwentyTool[] {
  const named = (verb: string, what: string): string => {
    const name = `${verb}_${snakeCase(what)}`
    // An object must not take the name of a tool of ours, or of another object's.
    const free = used.has(name)
      ? `${verb}_custom_${snakeCase(object.singular)}_${object.id.slice(0, 8)}`
      : name
    used.add(free)
    return free
  }
  const one = plainText(object.label, 60) || object.singular
  const many = plainText(object.labelPlural, 60) || object.plural
  const about = plainText(object.description ?? '', 200)
  const nameField = object.fields.find(({ name }) => name === 'name')
  const searched =
    nameField?.type === 'FULL_NAME'
      ? ['name.firstName', 'name.lastName']
      : nameField?.type === 'TEXT'
        ? ['name']
        : []
  const fields = settable(object.fields)
  return [
    defineTool({
      name: named('list', object.plural),
      title: `List ${many}`,
      description: `List records of the custom object “${one}”, newest first.${about && ` ${about}`}`,
      kind: 'reads',
      input: z.strictObject({
        ...(searched.length > 0 && { query: z.string().trim().max(200).optional() }),
        limit,
        offset,
      }),
      async run({ client }, { limit, offset, ...rest }) {
        const query = 'query' in rest && typeof rest.query === 'string' ? rest.query : ''
        const question = { filter: hasWords(searched, query), orderBy: 'createdAt[DescNullsLast]' }
        const { records, ...page } = await listFrom(client, object, question, { limit, offset })
        return { records: records.map(shown), ...page }
      },
    }),
    defineTool({
      name: named('get', object.singular),
      title: `Get ${one}`,
      description: `Read one record of the custom object “${one}” by id.`,
      kind: 'reads',
      input: z.strictObject({ id: id(one) }),
      async run({ client }, { id }) {
        return { record: shown(await existing(client.get(object, id), object, id)) }
      },
    }),
    defineTool({
      name: named('create', object.singular),
      title: `Create ${one}`,
      description: `Add a record of the custom object “${one}”.`,
      kind: 'adds',
      input: z.strictObject(fields),
      async run({ client }, given) {
        return { created: shown(await client.create(object, given)) }
      },
    }),
    defineTool({
      name: named('update', object.singular),
      title: `Update ${one}`,
      description: `Change a record of the custom object “${one}”: only what is given changes; null empties.`,
      kind: 'changes',
      input: z.strictObject({ ...fields, id: id(one) }),
      async run({ client }, { id, ...given }) {
        if (Object.keys(given).length === 0)
          throw new ToolRefusal('Say what to change: no argument but id was given')
        await existing(client.get(object, id), object, id)
        return { updated: shown(await client.update(object, id, given)) }
      },
    }),
  ]
}

function shown(record: TwentyRecord): unknown {
  return compact(record) ?? {}
}

/** `postalParcel` to `postal_parcel`. */
function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .slice(0, 60)
}
