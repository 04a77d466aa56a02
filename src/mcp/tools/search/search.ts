import { z } from 'zod'
import { outsiders, outsidersSchema } from '../../outsiders.ts'
import { defineTool } from '../../tool.ts'

/** Finds records by words, across objects. */
export const search = defineTool({
  name: 'search',
  title: 'Search records',
  description: 'Find records of any object by words in them. Best first. Use query for exact conditions.',
  kind: 'reads',
  repeatable: true,
  scopes: ['crm:read'],
  input: z.strictObject({
    text: z.string().trim().min(1).max(200),
    objects: z.array(z.string().max(64)).max(20).optional(),
    limit: z.int().min(1).max(50).default(20),
  }),
  output: z.object({
    hits: z.array(
      z.object({ object: z.string(), id: z.string(), label: z.string(), snippet: z.string().optional() }),
    ),
    source: outsidersSchema,
  }),
  async run({ actor, crm }, { text, objects, limit }) {
    const hits = await crm.search(actor, text, { limit, ...(objects ? { objects } : {}) })
    return {
      result: {
        hits: hits.map(({ snippet, ...hit }) => (snippet === null ? hit : { ...hit, snippet })),
        source: outsiders,
      },
      audit: { count: hits.length },
    }
  },
})
