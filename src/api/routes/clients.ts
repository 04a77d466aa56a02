import type { MemberActor } from '#identity'
import type { From } from '#identity'
import {
  changeClientInput,
  newClientInput,
  newInitialAccessTokenInput,
  rotateSecretInput,
  someClients,
} from '#contract'
import type { MemberId } from '#foundation'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

const filter = z.strictObject({
  registration: z.enum(['manual', 'metadata-document', 'dynamic']).optional(),
  state: z.enum(['waiting', 'approved', 'blocked', 'unused']).optional(),
  text: z.string().trim().max(200).optional(),
  after: z.string().max(700).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
// In the body, not in the path: a metadata document's address is full of slashes.
const which = z.strictObject({ id: z.string().min(1).max(600) })

/** Administrators and clients: all kinds seen and ended, manual ones made and changed, and who may register. */
export function clientRoutes({ oauth, identity }: ApiDependencies): Route[] {
  const { clients } = oauth
  const ownerOf = async (owner: string | undefined): Promise<MemberId | undefined> => {
    if (owner === undefined) return undefined
    const found = await identity.members.named(owner)
    if (found) return found
    throw new ApiFailure('invalid', 'The owner must be an active member', {
      fields: { owner: 'Choose an active member' },
    })
  }
  return [
    forAdministrators(
      'GET /clients',
      { summary: 'Apps of every kind, seen last first', query: filter },
      async ({ query }) => clients.list(query),
    ),
    forAdministrators(
      'POST /clients',
      { summary: 'Set up an app by hand; its secret is shown once', body: newClientInput },
      async ({ actor, body: { owner, ...input }, from }) => {
        await identity.security.requireConfirmed(actor)
        return clients.create({ ...input, owner: await ownerOf(owner) }, by(actor, from))
      },
    ),
    forAdministrators(
      'GET /client',
      { summary: 'Everything known of one app', query: which },
      async ({ query: { id } }) => ({ client: (await clients.view(id)) ?? missing() }),
    ),
    forAdministrators(
      'PATCH /client',
      { summary: 'Change an app set up by hand', body: changeClientInput.extend(which.shape) },
      async ({ actor, body: { id, owner, ...to }, from }) => {
        await identity.security.requireConfirmed(actor)
        const changed = await clients.change(id, { ...to, owner: await ownerOf(owner) }, by(actor, from))
        return { client: changed ?? missing() }
      },
    ),
    forAdministrators(
      'POST /client/secret',
      { summary: 'Make a new secret, shown once', body: rotateSecretInput.extend(which.shape) },
      async ({ actor, body: { id, overlap }, from }) => {
        await identity.security.requireConfirmed(actor)
        return { clientSecret: (await clients.rotateSecret(id, overlap, by(actor, from))) ?? missing() }
      },
    ),
    forAdministrators(
      'POST /clients/delete',
      { summary: 'Delete apps; everything they were granted ends', body: someClients },
      async ({ actor, body: { ids }, from }) => ({ deleted: await clients.remove(ids, by(actor, from)) }),
    ),
    forAdministrators(
      'POST /clients/end-grants',
      { summary: 'End everything these apps were granted', body: someClients },
      async ({ actor, body: { ids }, from }) => ({ ended: await clients.endGrants(ids, by(actor, from)) }),
    ),
    forAdministrators(
      'GET /initial-access-tokens',
      { summary: 'Who may register apps, newest first' },
      async () => ({ tokens: await clients.initialAccess.list() }),
    ),
    forAdministrators(
      'POST /initial-access-tokens',
      { summary: 'Let somebody register apps; the token is shown once', body: newInitialAccessTokenInput },
      async ({ actor, body, from }) => {
        await identity.security.requireConfirmed(actor)
        return clients.initialAccess.create(body, by(actor, from))
      },
    ),
    forAdministrators(
      'DELETE /initial-access-tokens/:id',
      { summary: 'Withdraw; what registered with it stays' },
      async ({ actor, param, from }) => {
        if (!(await clients.initialAccess.withdraw(param('id'), by(actor, from)))) missing()
      },
    ),
  ]
}

function by(actor: MemberActor, { ip }: From) {
  return {
    actor: { kind: 'member' as const, id: actor.member, name: actor.name },
    member: actor.member,
    ip,
  }
}

function missing(): never {
  throw new ApiFailure('not_found', 'There is no such app, or it can’t be changed this way')
}
