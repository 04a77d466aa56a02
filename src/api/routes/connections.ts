import { clientSecretInput, connectSentence } from '#contract'
import type { ConnectionView } from '#contract'
import { ConnectFailure } from '#gateway'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forAdministrators, forMembers } from '../route.ts'
import type { Route } from '../route.ts'

/** A member's connections to upstreams where people sign in themselves, and how we are known there. */
export function connectionRoutes({
  gateway: { connections, upstreams },
  identity,
}: ApiDependencies): Route[] {
  const known = (name: string) => {
    const upstream = upstreams.named(name)
    return upstream?.auth.kind === 'oauth' ? upstream : missing()
  }
  return [
    forMembers(
      'GET /connections',
      { summary: 'Upstreams to connect, and your connections' },
      async ({ actor }) => ({
        connections: await connections.list(actor),
      }),
    ),
    forMembers(
      'GET /connections/:upstream',
      { summary: 'Your connection to an upstream' },
      async ({ actor, param }): Promise<{ connection: ConnectionView }> => ({
        connection: (await connections.view(actor, param('upstream'))) ?? missing(),
      }),
    ),
    forMembers(
      'POST /connections/:upstream',
      { summary: 'Where to go to connect with an upstream' },
      async ({ actor, param }) => {
        // What is connected outlives the session that did it, and agents act with it.
        await identity.security.requireConfirmed(actor)
        const name = param('upstream')
        try {
          return (await connections.begin(actor, name)) ?? missing()
        } catch (error) {
          if (!(error instanceof ConnectFailure)) throw error
          const title = upstreams.named(name)?.title ?? name
          const why = actor.role === 'administrator' && error.problem !== 'limit' ? ` (${error.message})` : ''
          throw new ApiFailure(
            error.problem === 'limit' ? 'too_many_calls' : 'upstream_refused',
            connectSentence(error.problem, title) + why,
          )
        }
      },
    ),
    forMembers(
      'DELETE /connections/:upstream',
      { summary: 'Disconnect from an upstream' },
      async ({ actor, param, from }) => {
        if (!(await connections.end(actor, param('upstream'), from.ip))) missing()
      },
    ),
    forAdministrators(
      'GET /connections/:upstream/client',
      { summary: 'How an upstream’s authorization server knows this Tandem' },
      async ({ param }) => ({ client: await connections.client(known(param('upstream'))) }),
    ),
    forAdministrators(
      'POST /connections/:upstream/client',
      { summary: 'Keep the secret of a client that was set up there by hand', body: clientSecretInput },
      async ({ actor, param, body: { secret }, from }) => {
        await identity.security.requireConfirmed(actor)
        const upstream = known(param('upstream'))
        if (!(await connections.setClientSecret(actor, upstream, secret, from.ip)))
          throw new ApiFailure('invalid', 'Give the client’s id first, in the settings of the upstream')
      },
    ),
    forAdministrators(
      'DELETE /connections/:upstream/client',
      { summary: 'Register anew with the next connection; those that are there go on' },
      async ({ actor, param, from }) => {
        if (!(await connections.forgetClient(actor, known(param('upstream')), from.ip))) missing()
      },
    ),
  ]
}

function missing(): never {
  throw new ApiFailure('not_found', 'There is no such connection')
}
