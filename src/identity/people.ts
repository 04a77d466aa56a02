import type { MemberId } from '#foundation'
import type { Storage } from '#storage'
import type { Identity } from './identity.ts'
import type { IdentityTables } from './tables.ts'

/** Members named by something other than a browser. Disabled ones aren't found. */
export function createPeople(storage: Storage): Identity['people'] {
  const db = storage.db<IdentityTables>()
  const known = () => db.selectFrom('member').where('member.active', '=', true)
  const columns = ['member.id as member', 'member.name', 'member.email', 'member.role'] as const
  const find = (who: { member: MemberId } | { email: string } | { issuer: string; subject: string }) => {
    if ('member' in who) return known().where('member.id', '=', who.member).select(columns)
    // Addresses are stored in lower case.
    if ('email' in who) return known().where('member.email', '=', who.email.toLowerCase()).select(columns)
    return known()
      .innerJoin('provider_link', 'provider_link.member_id', 'member.id')
      .where('provider_link.issuer', '=', who.issuer)
      .where('provider_link.subject', '=', who.subject)
      .select(columns)
  }
  return {
    async find(who) {
      const row = await find(who).executeTakeFirst()
      if (!row) return null
      const { member, name, email, role } = row
      return { member, name, email, administrator: role === 'administrator' }
    },
  }
}
