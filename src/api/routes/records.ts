import { query } from '#contract'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { forCrm } from '../route.ts'
import type { Route } from '../route.ts'

const searchQuery = z.strictObject({
  q: z.string().trim().min(1).max(200),
  objects: z
    .string()
    .max(2000)
    .transform((text) => text.split(',').filter(Boolean))
    .optional(),
  limit: z.coerce.number().int().min(1).max(50).default(20),
})

export function recordRoutes({ crm }: ApiDependencies): Route[] {
  return [
    forCrm('GET /objects', { summary: 'Objects and their fields' }, async ({ actor }) => ({
      objects: await crm.objects.list(actor),
    })),
    forCrm('GET /objects/:object', { summary: 'One object' }, async ({ actor, param }) =>
      crm.objects.get(actor, param('object')),
    ),
    forCrm(
      'POST /objects/:object/query',
      { summary: 'Records that match', body: query },
      async ({ actor, param, body }) => crm.records.find(actor, param('object'), body),
    ),
    forCrm('GET /objects/:object/records/:id', { summary: 'One record' }, async ({ actor, param }) =>
      crm.records.get(actor, param('object'), param('id')),
    ),
    forCrm(
      'GET /search',
      { summary: 'Records by words', query: searchQuery },
      async ({ actor, query: { q, objects, limit } }) => ({
        hits: await crm.search(actor, q, { limit, ...(objects ? { objects } : {}) }),
      }),
    ),
  ]
}
