import { z } from 'zod'
import { outsiders, outsidersSchema } from '../../outsiders.ts'
import { defineTool } from '../../tool.ts'
import { changeSetOutput, toChangeSetOutput } from '../change-set-output.ts'

const changesShown = 10

/** Who changed what, newest first. */
export const history = defineTool({
  name: 'history',
  title: 'History of changes',
  description: 'Who changed what, newest first: of one record, or of everything you may read.',
  kind: 'reads',
  repeatable: true,
  scopes: ['crm:read'],
  input: z
    .strictObject({
      object: z.string().max(64).optional(),
      id: z.string().max(64).optional().describe('With object: one record'),
      mine: z.boolean().optional().describe('Only changes under this grant'),
      limit: z.int().min(1).max(50).default(20),
      after: z.string().max(2000).optional().describe('`next` of the page before'),
    })
    .refine((of) => of.id === undefined || of.object !== undefined, {
      path: ['object'],
      error: 'Name the object that the id belongs to',
    }),
  output: z.object({
    entries: z.array(changeSetOutput),
    next: z.string().optional(),
    source: outsidersSchema,
  }),
  async run({ actor, crm }, { object, id, mine, limit, after }) {
    const page = await crm.changes.history(actor, {
      limit,
      ...(object === undefined ? {} : { object }),
      ...(id === undefined ? {} : { id }),
      ...(after === undefined ? {} : { after }),
      ...(mine && actor.kind === 'agent' ? { grant: actor.grant } : {}),
    })
    return {
      result: {
        entries: page.entries.map((set) => toChangeSetOutput(set, changesShown)),
        ...(page.next === null ? {} : { next: page.next }),
        source: outsiders,
      },
      audit: { ...(object === undefined ? {} : { object }), count: page.entries.length },
    }
  },
})
