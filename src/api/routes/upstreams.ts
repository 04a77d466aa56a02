import { addUpstreamInput, changeUpstreamInput, decideToolsInput, setToolInput } from '#contract'
import type { McpAddress } from '#contract'
import type { Administrator } from '#gateway'
import type { From, MemberActor } from '#identity'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forAdministrators, forMembers } from '../route.ts'
import type { Route } from '../route.ts'

const nothing = z.strictObject({})

/** Other people's servers behind the gateway: added, looked at, changed and removed. */
export function upstreamRoutes({ gateway, identity, issuer }: ApiDependencies): Route[] {
  const { admin } = gateway
  return [
    forMembers(
      'GET /mcp-addresses',
      { summary: 'What agents can be given: Tandem, and the upstreams that are on' },
      async (): Promise<{ addresses: McpAddress[] }> => ({
        addresses: [
          { name: 'tandem', title: 'Tandem', url: `${issuer}/mcp` },
          ...gateway.upstreams
            .all()
            .filter(({ enabled }) => enabled)
            .map(({ name, title }) => ({ name, title, url: `${issuer}/mcp/${name}` })),
        ],
      }),
    ),
    forAdministrators('GET /upstreams', { summary: 'Upstreams, with how they are' }, async () => ({
      upstreams: await admin.list(),
      programs: admin.programs(),
    })),
    forAdministrators(
      'GET /upstreams/waiting',
      { summary: 'How many tools wait for a review' },
      async () => ({
        count: await admin.waiting(),
      }),
    ),
    forAdministrators(
      'POST /upstreams/try',
      { summary: 'What agents would see of an upstream; nothing is kept', body: addUpstreamInput },
      async ({ actor, body: { upstream, credential } }) => {
        // It makes the server call an address of hers: who only has her session may not (attacks S1).
        await identity.security.requireConfirmed(actor)
        return admin.try(upstream, credential)
      },
    ),
    forAdministrators(
      'POST /upstreams',
      { summary: 'Add an upstream; it is asked for its tools first', body: addUpstreamInput },
      async ({ actor, body: { upstream, credential }, from }) => {
        await identity.security.requireConfirmed(actor)
        return admin.create(upstream, credential, by(actor, from))
      },
    ),
    forAdministrators(
      'GET /upstreams/:id',
      { summary: 'One upstream with its tools and what waits' },
      async ({ param }) => ({ upstream: (await admin.view(param('id'))) ?? missing() }),
    ),
    forAdministrators(
      'PATCH /upstreams/:id',
      {
        summary: 'Change an upstream; another address or sign-in ends what was granted',
        body: changeUpstreamInput,
      },
      async ({ actor, body, param, from }) => {
        await identity.security.requireConfirmed(actor)
        const changed = await admin.change(param('id'), body, by(actor, from))
        return { upstream: changed ?? missing() }
      },
    ),
    forAdministrators(
      'DELETE /upstreams/:id',
      { summary: 'Remove an upstream; what was granted for it ends, its credentials go' },
      async ({ actor, param, from }) => {
        await identity.security.requireConfirmed(actor)
        if (!(await admin.remove(param('id'), by(actor, from)))) missing()
      },
    ),
    forAdministrators(
      'POST /upstreams/:id/check',
      { summary: 'Ask an upstream now how it is and what it offers', body: nothing },
      async ({ actor, param, from }) => (await admin.check(param('id'), by(actor, from))) ?? missing(),
    ),
    forAdministrators(
      'POST /upstreams/:id/tools/decision',
      { summary: 'Accept or decline tools as they were looked at', body: decideToolsInput },
      async ({ actor, body: { tools }, param, from }) => {
        await identity.security.requireConfirmed(actor)
        return { upstream: (await admin.decide(param('id'), tools, by(actor, from))) ?? missing() }
      },
    ),
    forAdministrators(
      'PATCH /upstreams/:id/tools',
      { summary: 'Say whether agents may use a tool, and whether it reads or writes', body: setToolInput },
      async ({ actor, body, param, from }) => {
        await identity.security.requireConfirmed(actor)
        return { upstream: (await admin.setTool(param('id'), body, by(actor, from))) ?? missing() }
      },
    ),
  ]
}

function by(actor: MemberActor, { ip }: From): Administrator {
  return { actor, ip }
}

function missing(): never {
  throw new ApiFailure('not_found', 'There is no such upstream')
}
