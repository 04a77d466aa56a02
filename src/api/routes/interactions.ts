import { consentDecision } from '#contract'
import type { ApiDependencies } from '../dependencies.ts'
import { forMembers } from '../route.ts'
import type { Route } from '../route.ts'

/** What the consent page reads and posts. The authorization server binds both to browser and person. */
export function interactionRoutes({ oauth }: ApiDependencies): Route[] {
  return [
    forMembers('GET /interactions/:id', { summary: 'What an app asks for' }, async ({ request, param }) =>
      oauth.consent.view(request, param('id')),
    ),
    forMembers(
      'POST /interactions/:id/decision',
      { summary: 'Allow or refuse', body: consentDecision },
      async ({ request, param, body, from }) => oauth.consent.decide(request, param('id'), body, from),
    ),
  ]
}
