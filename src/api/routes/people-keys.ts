import { newKeyInput, upstreamName } from '#contract'
import type { KeyView, UpstreamKeyView } from '#contract'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { forMembers } from '../route.ts'
import type { Route } from '../route.ts'

const which = z.strictObject({ upstream: upstreamName.optional() })
const nothing = z.strictObject({})

/** A person's own keys for upstreams, as twenty-mcp has them. With a session only: no agent ever comes here. */
export function peopleKeyRoutes({ gateway: { keys }, identity }: ApiDependencies): Route[] {
  return [
    forMembers(
      'GET /keys',
      { summary: 'Whether there is a key of yours for an upstream', query: which },
      async ({ actor, query }): Promise<KeyView> => keys.view(actor, query.upstream),
    ),
    forMembers(
      'POST /keys',
      { summary: 'Keep a key for an upstream, once it was found to be good there', body: newKeyInput },
      async ({ actor, body, from: { ip } }): Promise<KeyView> => {
        // It outlives the session, and agents act with it: a stolen session must not change whose data they see.
        const still = () => identity.security.requireConfirmed(actor)
        await still()
        return keys.put(actor, body, { ip, still })
      },
    ),
    forMembers(
      'DELETE /keys',
      { summary: 'Forget your key for an upstream', query: which },
      async ({ actor, query, from }): Promise<KeyView> => keys.remove(actor, query.upstream, from.ip),
    ),
    forMembers(
      'GET /keys/upstreams',
      { summary: 'Upstreams that want a key of yours' },
      async ({ actor }): Promise<{ upstreams: UpstreamKeyView[] }> => ({ upstreams: await keys.list(actor) }),
    ),
    forMembers(
      'POST /keys/:upstream/check',
      { summary: 'Check the key that is kept', body: nothing },
      async ({ actor, param }): Promise<KeyView> => keys.check(actor, param('upstream')),
    ),
  ]
}
