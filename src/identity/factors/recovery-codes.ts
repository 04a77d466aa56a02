import { createHmac, randomBytes } from 'node:crypto'
import type { MemberId } from '#foundation'
import type { Kysely } from '#storage'
import type { Context, Tx } from '../context.ts'
import type { IdentityTables } from '../tables.ts'

const many = 10
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Codes for the day the phone is lost. Sixty random bits each, shown once, good once. */
export function createRecoveryCodes({ keys }: Context) {
  // Keyed: sixty bits alone could be searched by whoever has a dump of the table.
  const hash = (member: MemberId, code: string) =>
    createHmac('sha256', keys.recovery)
      .update(`${member} ${normal(code)}`)
      .digest('base64url')
  return {
    /** New codes; the ones before are void. */
    async renew(tx: Tx, member: MemberId): Promise<string[]> {
      const codes = Array.from({ length: many }, newCode)
      await tx.deleteFrom('recovery_code').where('member_id', '=', member).execute()
      await tx
        .insertInto('recovery_code')
        .values(codes.map((code) => ({ member_id: member, code_hash: hash(member, code) })))
        .execute()
      return codes
    },
    /** True once per code: of two at once, one gets it. */
    async use(tx: Tx, member: MemberId, code: string): Promise<boolean> {
      const used = await tx
        .deleteFrom('recovery_code')
        .where('member_id', '=', member)
        .where('code_hash', '=', hash(member, code))
        .returning('code_hash')
        .executeTakeFirst()
      return used !== undefined
    },
    async count(on: Kysely<IdentityTables>, member: MemberId): Promise<number> {
      const rows = await on
        .selectFrom('recovery_code')
        .select('code_hash')
        .where('member_id', '=', member)
        .execute()
      return rows.length
    },
    async remove(tx: Tx, member: MemberId): Promise<void> {
      await tx.deleteFrom('recovery_code').where('member_id', '=', member).execute()
    },
  }
}

/** `7k2m-x9qa-04hz`: Crockford's letters, which nobody confuses in handwriting. */
function newCode(): string {
  const letters = [...randomBytes(12)].map((byte) => alphabet.charAt(byte % 32)).join('')
  return letters.replace(/(.{4})(?=.)/g, '$1-')
}

/** As people type it back: any case, with or without dashes, O for 0 and I or L for 1. */
function normal(code: string): string {
  return code
    .toLowerCase()
    .replace(/[^0-9a-z]/g, '')
    .replaceAll('o', '0')
    .replaceAll(/[il]/g, '1')
}
