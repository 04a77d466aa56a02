import { exchangeableInput } from '#contract'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

/** Clients that get tokens with no person in front of them. */
export function unattendedRoutes({ oauth: { unattended } }: ApiDependencies): Route[] {
  return [
    forAdministrators(
      'GET /clients/:id/unattended',
      { summary: 'What an app gets with no person in front of it' },
      async ({ param }) => {
        const view = await unattended.view(param('id'))
        if (!view) throw new ApiFailure('not_found', 'There is no such app')
        return view
      },
    ),
    forAdministrators(
      'POST /clients/:id/unattended/open',
      { summary: 'Let an app come again whose access was ended' },
      async ({ actor, param, from }) => {
        const by = { member: actor.member, name: actor.name, ip: from.ip }
        if (!(await unattended.open(param('id'), by))) {
          throw new ApiFailure('not_found', 'Nothing keeps this app out')
        }
      },
    ),
    forAdministrators(
      'POST /clients/:id/unattended/exchangeable',
      { summary: 'Choose whose tokens an app may exchange', body: exchangeableInput },
      async ({ actor, param, body, from }) => {
        const by = { member: actor.member, name: actor.name, ip: from.ip }
        if (!(await unattended.setExchangeable(param('id'), body.resources, by))) {
          throw new ApiFailure('not_found', 'There is no such app, or it may not exchange tokens')
        }
      },
    ),
  ]
}
