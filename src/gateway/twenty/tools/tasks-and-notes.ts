import { z } from 'zod'
import { note, task } from '../objects.ts'
import { id, limit, line, offset, text, when } from './arguments.ts'
import { createFrom } from './crud.ts'
import { listFrom } from './pages.ts'
import { fromTwenty, moment, plain, richText } from './record-map.ts'
import type { RecordMap } from './record-map.ts'
import { defineTool } from './tool.ts'
import type { TwentyTool } from './tool.ts'

export const taskMap: RecordMap = {
  object: 'task',
  called: 'task',
  ways: {
    title: plain('title'),
    body: richText,
    dueAt: moment('dueAt'),
    status: plain('status'),
    assigneeId: plain('assigneeId'),
  },
}
export const noteMap: RecordMap = {
  object: 'note',
  called: 'note',
  ways: { title: plain('title'), body: richText },
}

/** Twenty records as author whoever the key belongs to, and lets nobody say otherwise. */
export const authorNotice = 'Twenty records as author whose key it is; authorId can’t be set and was not used'

export const taskTools: TwentyTool[] = [
  defineTool({
    name: 'create_task',
    title: 'Create a task',
    description: 'Add a task. assigneeId is a workspace member, not a contact.',
    kind: 'adds',
    input: z.strictObject({
      title: line,
      body: text.optional().describe('Markdown'),
      dueAt: when.optional(),
      status: z.enum(['TODO', 'IN_PROGRESS', 'DONE']).default('TODO'),
      assigneeId: id('workspace member').optional(),
    }),
    run: (context, input) => createFrom(context, task, taskMap, input),
  }),
  defineTool({
    name: 'get_tasks',
    title: 'Get tasks',
    description: 'List tasks, newest first. filter_activities narrows by person, time and status.',
    kind: 'reads',
    input: z.strictObject({ limit, offset }),
    async run({ client }, page) {
      const { records, ...rest } = await listFrom(client, task, { orderBy: 'createdAt[DescNullsLast]' }, page)
      return { tasks: records.map((record) => fromTwenty(taskMap, record)), ...rest }
    },
  }),
  defineTool({
    name: 'create_note',
    title: 'Create a note',
    description: 'Add a note that belongs to no record. create_comment adds one to a record.',
    kind: 'adds',
    input: z.strictObject({
      body: text.min(1).describe('Markdown'),
      title: line.optional(),
      authorId: id('author').optional().describe('Not used: the author is whose key it is'),
    }),
    async run(context, { authorId, ...given }) {
      const result = await createFrom(context, note, noteMap, given)
      return authorId === undefined ? result : { ...result, notice: authorNotice }
    },
  }),
]
