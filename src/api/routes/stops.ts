import { liftInput, stopInput } from '#contract'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

/** The emergency stop: all agents, or one app's. */
export function stopRoutes({ oauth }: ApiDependencies): Route[] {
  return [
    forAdministrators('GET /stops', { summary: 'What is stopped now' }, async () => ({
      stops: await oauth.stops.list(),
    })),
    forAdministrators(
      'POST /stops',
      { summary: 'Stop every agent, or one app’s, everywhere and at once', body: stopInput },
      async ({ actor, body, from }) =>
        oauth.stops.stop(body, { member: actor.member, name: actor.name, ip: from.ip }),
    ),
    forAdministrators(
      'POST /stops/lift',
      { summary: 'Let what was stopped go on', body: liftInput },
      async ({ actor, body, from }) => {
        const by = { member: actor.member, name: actor.name, ip: from.ip }
        if (!(await oauth.stops.lift(body.client ?? null, by)))
          throw new ApiFailure('not_found', 'That isn’t stopped')
      },
    ),
  ]
}
