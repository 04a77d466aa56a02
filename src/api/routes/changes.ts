import { submission } from '#contract'
import { z } from 'zod'
import { given } from '../body.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { forCrm } from '../route.ts'
import type { Route } from '../route.ts'

const page = z.strictObject({
  after: z.string().max(2000).optional(),
  limit: z.coerce.number().int().min(1).max(100).optional(),
})
const activity = page.extend({
  object: z.string().max(64).optional(),
  grant: z.string().max(64).optional(),
})

export function changeRoutes({ crm }: ApiDependencies): Route[] {
  return [
    forCrm(
      'POST /changes',
      { summary: 'Write: all intents or none', body: submission },
      async ({ actor, body }) => crm.changes.submit(actor, body),
    ),
    forCrm('GET /changes/:id', { summary: 'One change set' }, async ({ actor, param }) =>
      crm.changes.get(actor, param('id')),
    ),
    forCrm('POST /changes/:id/undo', { summary: 'Take a change set back' }, async ({ actor, param }) =>
      crm.changes.undo(actor, param('id')),
    ),
    forCrm(
      'GET /objects/:object/records/:id/history',
      { summary: 'What happened to one record, newest first', query: page },
      async ({ actor, param, query }) =>
        crm.changes.history(actor, { object: param('object'), id: param('id'), ...given(query) }),
    ),
    forCrm(
      'GET /history',
      { summary: 'What happened in the workspace, newest first', query: activity },
      async ({ actor, query }) => crm.changes.history(actor, given(query)),
    ),
  ]
}
