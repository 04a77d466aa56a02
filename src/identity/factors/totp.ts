import { Secret, TOTP } from 'otpauth'
import { seal, unseal } from '#foundation'
import type { MemberId } from '#foundation'
import type { Context, Tx } from '../context.ts'

const period = 30
/** RFC 6238 §5.2: one step each way, for clocks that differ and people who type slowly. */
const window = 1
const draftLife = 15 * 60_000

/** Time-based one-time codes (RFC 6238). Secrets are sealed for their member; a code counts once. */
export function createTotp({ clock, keys, issuer }: Context) {
  const generator = (secret: string, email = '') =>
    new TOTP({
      // The app lists several installs by this name.
      issuer: `Tandem ${new URL(issuer).hostname}`,
      label: email,
      secret: Secret.fromBase32(secret),
      algorithm: 'SHA1',
      digits: 6,
      period,
    })
  /** The time step that the code is of, or null. */
  const stepOf = (secret: string, code: string): number | null => {
    const timestamp = clock.now().getTime()
    const token = code.replaceAll(/\s/g, '')
    if (!/^\d{6}$/.test(token)) return null
    const delta = generator(secret).validate({ token, timestamp, window })
    return delta === null ? null : Math.floor(timestamp / 1000 / period) + delta
  }

  return {
    /** A secret to put into an app. It counts once a code of it came back; until then whatever was before holds. */
    async draft(tx: Tx, member: MemberId, email: string): Promise<{ secret: string; uri: string }> {
      const secret = new Secret({ size: 20 }).base32
      const values = { sealed_secret: seal(keys.totp, secret, member), created_at: clock.now() }
      await tx
        .insertInto('totp_draft')
        .values({ member_id: member, ...values })
        .onConflict((conflict) => conflict.column('member_id').doUpdateSet(values))
        .execute()
      return { secret, uri: generator(secret, email).toString() }
    },

    /** Puts the draft in force when the code is of it. The code counts as used. */
    async confirm(tx: Tx, member: MemberId, code: string): Promise<boolean> {
      const draft = await tx
        .selectFrom('totp_draft')
        .select('sealed_secret')
        .where('member_id', '=', member)
        .where('created_at', '>', new Date(clock.now().getTime() - draftLife))
        .forUpdate()
        .executeTakeFirst()
      if (!draft) return false
      const step = stepOf(unseal(keys.totp, draft.sealed_secret, member), code)
      if (step === null) return false
      const values = { sealed_secret: draft.sealed_secret, last_step: step, confirmed_at: clock.now() }
      await tx.deleteFrom('totp_draft').where('member_id', '=', member).execute()
      await tx
        .insertInto('totp')
        .values({ member_id: member, ...values })
        .onConflict((conflict) => conflict.column('member_id').doUpdateSet(values))
        .execute()
      return true
    },

    /** RFC 6238 §5.2: "The verifier MUST NOT accept the second attempt of the OTP". Nor an older one. */
    async use(tx: Tx, member: MemberId, code: string): Promise<boolean> {
      const row = await tx
        .selectFrom('totp')
        .select('sealed_secret')
        .where('member_id', '=', member)
        .executeTakeFirst()
      if (!row) return false
      const step = stepOf(unseal(keys.totp, row.sealed_secret, member), code)
      if (step === null) return false
      const won = await tx
        .updateTable('totp')
        .set({ last_step: step })
        .where('member_id', '=', member)
        .where('sealed_secret', '=', row.sealed_secret)
        .where('last_step', '<', step)
        .returning('member_id')
        .executeTakeFirst()
      return won !== undefined
    },

    /** False when there was none. */
    async remove(tx: Tx, member: MemberId): Promise<boolean> {
      await tx.deleteFrom('totp_draft').where('member_id', '=', member).execute()
      const removed = await tx
        .deleteFrom('totp')
        .where('member_id', '=', member)
        .returning('member_id')
        .executeTakeFirst()
      return removed !== undefined
    },
  }
}
