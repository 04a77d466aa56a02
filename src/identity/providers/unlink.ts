import type { Context } from '../context.ts'
import { byMember, record } from '../context.ts'
import type { Entrance } from '../entrance.ts'
import { IdentityError } from '../errors.ts'
import { requireFresh } from '../fresh.ts'
import type { Identity } from '../identity.ts'
import type { IdentityTables } from '../tables.ts'
import type { Links } from './links.ts'
import type { Provider } from './presets.ts'

type Parts = { links: Links; entrance: Entrance; named(provider: string): Provider }

/** Disconnects an account, unless it is the only way in that the member has. */
export function createUnlink(
  context: Context,
  { links, entrance, named }: Parts,
): Identity['providers']['unlink'] {
  return (actor, name, from) =>
    context.storage.transaction<IdentityTables, void>(async (tx) => {
      const { issuer } = named(name)
      const member = await entrance.admit(tx, actor.member)
      await requireFresh(context, tx, actor)
      if (!(await links.remove(tx, member.id, issuer))) {
        throw new IdentityError('not_found', 'That account isn’t connected')
      }
      const others = await links.ofMember(tx, member.id)
      const passkey = await tx
        .selectFrom('passkey')
        .select('id')
        .where('member_id', '=', member.id)
        .executeTakeFirst()
      if (member.passwordHash === null && others.length === 0 && !passkey) {
        throw new IdentityError(
          'forbidden',
          'This is your only way in. Choose a password or add a passkey first',
        )
      }
      await record(context, tx, {
        event: 'provider.unlinked',
        outcome: 'ok',
        actor: byMember(actor),
        ip: from.ip,
        detail: { issuer },
      })
    })
}
