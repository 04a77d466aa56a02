import type { Storage } from '#storage'
import type { Identity } from './identity.ts'
import type { IdentityTables } from './tables.ts'

type Who = Parameters<Identity['people']['find']>[0]
/** The letters of members' addresses. Others become these in lower case: `K` (U+212A) is a k then, and somebody else. */
const plain = /^[\x21-\x7e]+$/

/** Members named by something other than a browser. Disabled ones aren't found. */
export function createPeople(storage: Storage): Identity['people'] {
  const db = storage.db<IdentityTables>()
  const known = () =>
    db
      .selectFrom('member')
      .select(['member.id as member', 'member.name', 'member.email', 'member.role'])
      .where('member.active', '=', true)
  const query = (who: Who) => {
    if ('member' in who) return known().where('member.id', '=', who.member)
    if ('issuer' in who) {
      return known()
        .innerJoin('provider_link', 'provider_link.member_id', 'member.id')
        .where('provider_link.issuer', '=', who.issuer)
        .where('provider_link.subject', '=', who.subject)
    }
    // Addresses are stored in lower case.
    const named = known().where('member.email', '=', who.email.toLowerCase())
    const { unknownTo } = who
    if (unknownTo === undefined) return named
    return named.where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('provider_link')
            .select('provider_link.member_id')
            .where('provider_link.issuer', '=', unknownTo.issuer)
            // Hers, or of that name: somebody else's account takes nobody's address, a disabled member's least of all.
            .where(({ or, eb, ref }) =>
              or([
                eb('provider_link.member_id', '=', ref('member.id')),
                eb('provider_link.subject', '=', unknownTo.subject),
              ]),
            ),
        ),
      ),
    )
  }
  return {
    async find(who) {
      if ('email' in who && !plain.test(who.email)) return null
      const row = await query(who).executeTakeFirst()
      if (!row) return null
      const { member, name, email, role } = row
      return { member, name, email, administrator: role === 'administrator' }
    },
  }
}
