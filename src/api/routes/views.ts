import { newSavedView, savedViewChange } from '#contract'
import { given } from '../body.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { forCrm } from '../route.ts'
import type { Route } from '../route.ts'

/** Saved views of an object's records. */
export function viewRoutes({ crm }: ApiDependencies): Route[] {
  return [
    forCrm('GET /objects/:object/views', { summary: 'Saved views' }, async ({ actor, param }) => ({
      views: await crm.views.list(actor, param('object')),
    })),
    forCrm('POST /views', { summary: 'Save a view', body: newSavedView }, ({ actor, body }) =>
      crm.views.save(actor, body),
    ),
    forCrm(
      'PATCH /views/:id',
      { summary: 'Change a view', body: savedViewChange },
      ({ actor, param, body }) => crm.views.change(actor, param('id'), given(body)),
    ),
    forCrm('DELETE /views/:id', { summary: 'Delete a view' }, ({ actor, param }) =>
      crm.views.remove(actor, param('id')),
    ),
    forCrm('POST /views/:id/restore', { summary: 'Bring a deleted view back' }, ({ actor, param }) =>
      crm.views.restore(actor, param('id')),
    ),
  ]
}
