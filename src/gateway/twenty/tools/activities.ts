import { z } from 'zod'
import { isObject } from '#foundation'
import { all, any, compare, oneOf } from '../client/filter.ts'
import type { TwentyClient, TwentyRecord } from '../client/twenty-client.ts'
import { TwentyRefusal } from '../client/answers.ts'
import { entities, note, noteTarget, task, taskTarget } from '../objects.ts'
import type { EntityType } from '../objects.ts'
import { from, id, limit, offset, optionName, text, until, when } from './arguments.ts'
import { createFrom, existing } from './crud.ts'
import { readAll } from './pages.ts'
import { fromTwenty } from './record-map.ts'
import { about, links, targetColumn } from './targets.ts'
import type { ActivityType } from './targets.ts'
import { authorNotice, noteMap, taskMap } from './tasks-and-notes.ts'
import { defineTool, ToolRefusal } from './tool.ts'
import type { ToolContext, TwentyTool } from './tool.ts'

/** What Twenty had as activities and comments are notes and tasks today; a comment is a note of this title. */
const commentTitle = 'Comment'
const types = z
  .array(z.enum(['task', 'note']))
  .max(2)
  .optional()
  .describe('Absent: both')
const entityType = z.enum(['person', 'company', 'opportunity'])
const period = {
  dateFrom: when.optional().describe('Created on this day or later'),
  dateTo: when.optional().describe('Created on this day or before'),
  authorId: id('workspace member').optional().describe('Who made it, or whom the task is assigned to'),
}

export const activityTools: TwentyTool[] = [
  defineTool({
    name: 'get_activities',
    title: 'Get activities',
    description: 'Tasks and notes of the workspace as one list, newest first.',
    kind: 'reads',
    input: z.strictObject({ type: types, ...period, limit, offset }),
    run: ({ client }, input) => activities(client, input),
  }),
  defineTool({
    name: 'filter_activities',
    title: 'Filter activities',
    description: 'As get_activities, and by the status of tasks: with a status, notes are left out.',
    kind: 'reads',
    input: z.strictObject({
      type: types,
      ...period,
      status: z.array(optionName).max(10).optional().describe('TODO, IN_PROGRESS, DONE'),
      limit,
      offset,
    }),
    run: ({ client }, input) => activities(client, input),
  }),
  defineTool({
    name: 'create_comment',
    title: 'Comment on a record',
    description:
      'Add a comment to a person, company or opportunity. Twenty has no comments: it is a note on the record, titled “Comment”.',
    kind: 'adds',
    input: z.strictObject({
      body: text.min(1).describe('Markdown'),
      authorId: id('author').optional().describe('Not used: the author is whose key it is'),
      activityTargetId: id('noteTarget or taskTarget')
        .optional()
        .describe('A row that links a note or task to a record: the comment goes to the same record'),
      targetObjectId: id('record').optional(),
      targetObjectType: entityType.optional(),
    }),
    run: (context, input) => comment(context, input),
  }),
  defineTool({
    name: 'get_entity_activities',
    title: 'Get a record’s activities',
    description: 'Tasks and notes on one person, company or opportunity, newest first.',
    kind: 'reads',
    input: z.strictObject({
      entityId: id('record'),
      entityType,
      includeComments: z.boolean().default(true).describe('Notes that create_comment made'),
      limit,
      offset,
    }),
    async run({ client, workspace }, { entityId, entityType, includeComments, limit, offset }) {
      await existing(client.get(entities[entityType], entityId), entities[entityType], entityId)
      const model = await workspace()
      const asked = { entity: entityType, id: entityId, most: offset + limit + 1 }
      const found = await Promise.all(
        (['note', 'task'] as const).map(async (type) => ({
          type,
          ...(await about(client, model, { ...asked, type })),
        })),
      )
      const all = found.flatMap(({ type, records }) => records.map((record) => shown(type, record)))
      const kept = all.filter(
        ({ type, title }) => includeComments || type !== 'note' || title !== commentTitle,
      )
      return slice(
        kept,
        found.reduce((sum, { total }) => sum + total, 0),
        { limit, offset },
      )
    },
  }),
]

type Shown = Record<string, unknown> & { type: ActivityType; title: unknown; createdAt: unknown }

function shown(type: ActivityType, record: TwentyRecord): Shown {
  const { title, createdAt, ...rest } = fromTwenty(type === 'note' ? noteMap : taskMap, record)
  return { type, title, createdAt, ...rest }
}

function slice(list: readonly Shown[], total: number, { limit, offset }: { limit: number; offset: number }) {
  const sorted = list.toSorted((a, b) => (String(a.createdAt) < String(b.createdAt) ? 1 : -1))
  const activities = sorted.slice(offset, offset + limit)
  return { activities, total, ...(sorted.length > offset + limit && { nextOffset: offset + limit }) }
}

type Asked = {
  type?: ActivityType[] | undefined
  dateFrom?: string | undefined
  dateTo?: string | undefined
  authorId?: string | undefined
  status?: string[] | undefined
  limit: number
  offset: number
}

async function activities(client: TwentyClient, asked: Asked) {
  const { type, dateFrom, dateTo, authorId, status = [], limit, offset } = asked
  const wanted = (type?.length ? type : (['note', 'task'] as const)).filter(
    (one) => one === 'task' || status.length === 0,
  )
  const [first, last] = [from(dateFrom), until(dateTo)]
  const made = authorId && compare('createdBy.workspaceMemberId', 'eq', authorId)
  const filterOf = (one: ActivityType) =>
    all([
      first === undefined ? undefined : compare('createdAt', 'gte', first),
      last === undefined ? undefined : compare('createdAt', 'lte', last),
      made && (one === 'task' ? any([made, compare('assigneeId', 'eq', authorId)]) : made),
      status.length === 0 ? undefined : oneOf('status', status),
    ])
  const found = await Promise.all(
    [...new Set(wanted)].map(async (one) => {
      const question = { filter: filterOf(one), orderBy: 'createdAt[DescNullsLast]' }
      const { records, total } = await readAll(
        client,
        one === 'note' ? note : task,
        question,
        offset + limit + 1,
      )
      return { list: records.map((record) => shown(one, record)), total: total ?? records.length }
    }),
  )
  const list = found.flatMap((one) => one.list)
  return slice(
    list,
    found.reduce((sum, { total }) => sum + total, 0),
    { limit, offset },
  )
}

type Comment = {
  body: string
  authorId?: string | undefined
  activityTargetId?: string | undefined
  targetObjectId?: string | undefined
  targetObjectType?: EntityType | undefined
}

async function comment(context: ToolContext, input: Comment) {
  const { client, workspace } = context
  const target = await targetOf(context, input)
  // Looked up first: a note that hangs on nothing is worse than a refusal.
  if (target)
    await existing(client.get(entities[target.entity], target.id), entities[target.entity], target.id)
  const result = await createFrom(context, note, noteMap, { title: commentTitle, body: input.body })
  const notice = input.authorId === undefined ? {} : { notice: authorNotice }
  if (!target) return { ...result, ...notice }
  const made = isObject(result['created']) ? String(result['created']['id']) : ''
  try {
    const column = targetColumn(await workspace(), 'note', target.entity)
    await client.create(noteTarget, { noteId: made, [column]: target.id })
  } catch (error) {
    if (!(error instanceof TwentyRefusal)) throw error
    throw new ToolRefusal(
      `The note ${made} was made, but could not be put on the ${target.entity}: ${error.message}`,
    )
  }
  return { ...result, on: { type: target.entity, id: target.id }, ...notice }
}

async function targetOf(
  { client, workspace }: ToolContext,
  { activityTargetId, targetObjectId, targetObjectType }: Comment,
): Promise<{ entity: EntityType; id: string } | null> {
  if (targetObjectId !== undefined && targetObjectType !== undefined)
    return { entity: targetObjectType, id: targetObjectId }
  if (targetObjectId !== undefined || targetObjectType !== undefined)
    throw new ToolRefusal('Give targetObjectId and targetObjectType together')
  if (activityTargetId === undefined) return null
  const row =
    (await client.get(noteTarget, activityTargetId)) ?? (await client.get(taskTarget, activityTargetId))
  if (!row) throw new ToolRefusal(`There is no noteTarget or taskTarget with the id ${activityTargetId}`)
  const model = await workspace()
  for (const type of Object.keys(links) as ActivityType[])
    for (const entity of Object.keys(entities) as EntityType[]) {
      const held = row[targetColumn(model, type, entity)]
      if (typeof held === 'string') return { entity, id: held }
    }
  throw new ToolRefusal(`${activityTargetId} links to no person, company or opportunity`)
}
