import type { MemberId } from '#foundation'
import type { Kysely } from '#storage'
import type { Ceremonies } from '../ceremonies.ts'
import type { Context, Tx } from '../context.ts'
import { memberIn, record } from '../context.ts'
import { IdentityError } from '../errors.ts'
import type { From } from '../identity.ts'
import type { IdentityTables } from '../tables.ts'

/** An account at a provider. Its name is issuer and subject together, never the address (OIDC Core §5.7). */
export type Account = { issuer: string; subject: string; email: string }
export type Links = ReturnType<typeof createLinks>

/** Which account elsewhere is which member's. */
export function createLinks(context: Context, ceremonies: Ceremonies) {
  const { storage, clock } = context
  const db = storage.db<IdentityTables>()

  const find = async (
    on: Kysely<IdentityTables>,
    { issuer, subject }: Pick<Account, 'issuer' | 'subject'>,
  ): Promise<MemberId | null> => {
    const row = await on
      .selectFrom('provider_link')
      .select('member_id')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .executeTakeFirst()
    return row?.member_id ?? null
  }

  /** Connects the account with the member. Refuses one that is somebody else's, or a second one of the same issuer. */
  const add = async (
    tx: Tx,
    member: { id: MemberId; name: string },
    account: Account,
    why: string,
    from: From,
  ): Promise<void> => {
    const { issuer, subject, email } = account
    const added = await tx
      .insertInto('provider_link')
      .values({ issuer, subject, email, member_id: member.id, linked_at: clock.now() })
      .onConflict((conflict) => conflict.doNothing())
      .returning('member_id')
      .executeTakeFirst()
    if (!added) {
      // Twice, from two tabs: it is hers already.
      if ((await find(tx, account)) === member.id) return
      throw new IdentityError(
        'provider_refused',
        'Another account is connected already. Disconnect that one first',
      )
    }
    await record(context, tx, {
      event: 'provider.linked',
      outcome: 'ok',
      actor: memberIn(member),
      ip: from.ip,
      detail: { issuer, why },
    })
  }

  return {
    add,

    find,

    /** Before the second step: throws unless whoever just proved herself is whom the account is waiting for. */
    async check(member: { id: MemberId }, handle: string, from: From): Promise<void> {
      const waiting = await ceremonies.look(db, 'link', handle, from)
      if (!waiting) {
        throw new IdentityError(
          'step_over',
          'Connecting the account took too long. Start with the provider again',
        )
      }
      if (waiting.member !== member.id) {
        throw new IdentityError(
          'provider_refused',
          `Sign in as ${waiting.data.email} to connect that account`,
        )
      }
    },

    /** She is in: what she waited to connect is connected. Over by now: she is in all the same. */
    async finish(tx: Tx, member: { id: MemberId; name: string }, handle: string, from: From): Promise<void> {
      const waiting = await ceremonies.take(tx, 'link', handle, from)
      if (waiting?.member === member.id) await add(tx, member, waiting.data, 'she signed in once', from)
    },

    ofMember: (on: Kysely<IdentityTables>, member: MemberId) =>
      on
        .selectFrom('provider_link')
        .select(['issuer', 'email', 'linked_at'])
        .where('member_id', '=', member)
        .execute(),

    async remove(tx: Tx, member: MemberId, issuer: string): Promise<boolean> {
      const removed = await tx
        .deleteFrom('provider_link')
        .where('member_id', '=', member)
        .where('issuer', '=', issuer)
        .returning('subject')
        .executeTakeFirst()
      return removed !== undefined
    },
  }
}
