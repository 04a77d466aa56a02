import { newClientInput, newInitialAccessTokenInput, rotateSecretInput } from '#contract'
import { SetupError, isId } from '#foundation'
import type { MemberId } from '#foundation'
import { z } from 'zod'
import type { Parts } from '../compose.ts'
import { command, nothing } from './command.ts'

const by = (name: string) => ({ actor: { kind: 'system' as const, name: `tandem ${name}` } })
const one = z.strictObject({ id: z.string().min(1).max(600) })
const mostListed = 10_000

/** What the command line does with clients. */
export const clientCommands = {
  'clients.create': command(newClientInput, async (parts, { owner, ...input }) =>
    parts.oauth.clients.create(
      { ...input, owner: owner === undefined ? undefined : await memberOf(parts, owner) },
      by('clients create'),
    ),
  ),
  'clients.list': command(
    nothing,
    async ({ oauth }) => (await oauth.clients.list({ limit: mostListed })).clients,
  ),
  'clients.rotate-secret': command(
    one.extend(rotateSecretInput.shape),
    async ({ oauth }, { id, overlap }) => {
      const clientSecret = await oauth.clients.rotateSecret(id, overlap, by('clients rotate-secret'))
      if (clientSecret === null)
        throw new SetupError(`There is no client ${id} made by hand that has a secret`)
      return { clientId: id, clientSecret }
    },
  ),
  'clients.delete': command(one, async ({ oauth }, { id }) => {
    const removed = await oauth.clients.remove([id], by('clients delete'))
    if (removed === 0) throw new SetupError(`There is no client ${id}`)
    return { removed }
  }),
  'clients.cleanup': command(nothing, ({ oauth }) => oauth.clients.clean()),
  'clients.forgotten': command(nothing, ({ oauth }) => oauth.clients.forgotten()),
  'initial-access-tokens.create': command(newInitialAccessTokenInput, ({ oauth }, input) =>
    oauth.clients.initialAccess.create(input, by('initial-access-tokens create')),
  ),
  'initial-access-tokens.list': command(nothing, ({ oauth }) => oauth.clients.initialAccess.list()),
  'initial-access-tokens.withdraw': command(one, async ({ oauth }, { id }) => {
    const gone = await oauth.clients.initialAccess.withdraw(id, by('initial-access-tokens withdraw'))
    if (!gone) throw new SetupError(`There is no initial access token ${id} that could be withdrawn`)
    return { withdrawn: true }
  }),
} as const

/** Whose rights a client gets: a member by id or e-mail address. */
async function memberOf({ identity }: Parts, who: string): Promise<MemberId> {
  const found = await identity.members.named(who)
  if (found) return found
  throw new SetupError(
    `There is no active member ${who}${isId('mem', who) ? '' : ' (an id or an e-mail address)'}`,
  )
}
