import { newId } from '#foundation'
import type { MemberId } from '#foundation'
import type { Context, Tx } from '../context.ts'
import { memberIn, record } from '../context.ts'
import type { Member } from '../entrance.ts'
import type { From } from '../identity.ts'
import type { Links } from './links.ts'
import type { Provider } from './presets.ts'
import { Problem } from './read-person.ts'
import type { Person } from './read-person.ts'

/** What the administrators let a provider's word do for addresses of a domain. */
export function createJoin(context: Context, links: Links) {
  const { clock } = context
  return {
    async trustOf(
      tx: Tx,
      { domain }: Person,
      { name }: Provider,
    ): Promise<{ joins: boolean; links: boolean }> {
      const row = await tx
        .selectFrom('joining_domain')
        .select(['joins', 'links'])
        .where('domain', '=', domain)
        .where('provider', '=', name)
        .executeTakeFirst()
      return row ?? { joins: false, links: false }
    },

    async memberAt(tx: Tx, email: string): Promise<MemberId | null> {
      const row = await tx.selectFrom('member').select('id').where('email', '=', email).executeTakeFirst()
      return row?.id ?? null
    },

    /** A new member, never more than that, whatever an invitation would have made of her. */
    async add(tx: Tx, person: Person, provider: Provider, from: From): Promise<Member> {
      const member = { id: newId('mem'), name: person.name, email: person.email, role: 'member' as const }
      const made = await tx
        .insertInto('member')
        .values({
          ...member,
          active: true,
          password_hash: null,
          created_at: clock.now(),
          password_changed_at: null,
        })
        .onConflict((conflict) => conflict.column('email').doNothing())
        .returning('id')
        .executeTakeFirst()
      // Twice at once: the other one made her.
      if (!made) throw new Problem('over')
      await tx.deleteFrom('invitation').where('email', '=', person.email).execute()
      await record(context, tx, {
        event: 'member.joined',
        outcome: 'ok',
        actor: memberIn(member),
        ip: from.ip,
        detail: { domain: person.domain, provider: provider.name },
      })
      await links.add(tx, member, person, 'she joined with it', from)
      return member
    },
  }
}
