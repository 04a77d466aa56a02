import type { SecondWay } from '#contract'
import type { MemberId } from '#foundation'
import type { Kysely } from '#storage'
import type { Ceremonies } from '../ceremonies.ts'
import type { Context, Tx } from '../context.ts'
import type { IdentityTables } from '../tables.ts'
import { createPasskeys } from './passkeys.ts'
import { createRecoveryCodes } from './recovery-codes.ts'
import { createTotp } from './totp.ts'

export type Factors = ReturnType<typeof createFactors>

/** A member's second factors together. */
export function createFactors(context: Context, ceremonies: Ceremonies) {
  const totp = createTotp(context)
  const recovery = createRecoveryCodes(context)
  const passkeys = createPasskeys(context, ceremonies)

  /** Ways to take a second step; none when she has no second factor. */
  const ways = async (on: Kysely<IdentityTables>, member: MemberId): Promise<SecondWay[]> => {
    const app = await on
      .selectFrom('totp')
      .select('member_id')
      .where('member_id', '=', member)
      .executeTakeFirst()
    const held = await passkeys.list(on, member)
    if (!app && held.length === 0) return []
    const codes = await recovery.count(on, member)
    const found: [SecondWay, boolean][] = [
      ['totp', app !== undefined],
      ['passkey', held.length > 0],
      ['recovery', codes > 0],
    ]
    return found.flatMap(([way, there]) => (there ? [way] : []))
  }

  return {
    totp,
    recovery,
    passkeys,
    ways,
    /** Recovery codes come with the first factor; who has some keeps them. */
    async firstCodes(tx: Tx, member: MemberId): Promise<string[] | null> {
      return (await recovery.count(tx, member)) > 0 ? null : recovery.renew(tx, member)
    },
    async removeAll(tx: Tx, member: MemberId): Promise<void> {
      await totp.remove(tx, member)
      await passkeys.remove(tx, member)
      await recovery.remove(tx, member)
    },
  }
}
