import { exchangeableInput } from '#contract'
import type { From, MemberActor } from '#identity'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

// In the body, not in the path: a metadata document's address is full of slashes.
const which = z.strictObject({ id: z.string().min(1).max(600) })
const by = ({ member, name }: MemberActor, { ip }: From) => ({ member, name, ip })

/** Clients that get tokens with no person in front of them. */
export function unattendedRoutes({ oauth: { unattended } }: ApiDependencies): Route[] {
  return [
    forAdministrators(
      'GET /client/unattended',
      { summary: 'What an app gets with no person in front of it', query: which },
      async ({ query: { id } }) => {
        const view = await unattended.view(id)
        if (!view) throw new ApiFailure('not_found', 'There is no such app')
        return view
      },
    ),
    forAdministrators(
      'POST /client/unattended/open',
      { summary: 'Let an app come again whose own access was ended', body: which },
      async ({ actor, body: { id }, from }) => {
        if (await unattended.open(id, by(actor, from))) return
        throw new ApiFailure('not_found', 'Nothing keeps this app out')
      },
    ),
    forAdministrators(
      'POST /client/unattended/exchangeable',
      { summary: 'Choose whose tokens an app may exchange', body: exchangeableInput.extend(which.shape) },
      async ({ actor, body: { id, resources }, from }) => {
        if (await unattended.setExchangeable(id, resources, by(actor, from))) return
        throw new ApiFailure('not_found', 'There is no such app, or it may not exchange tokens')
      },
    ),
  ]
}
