import { randomBytes } from 'node:crypto'
import { hashSecret, sameSecret } from '#foundation'
import type { MemberId } from '#foundation'
import type { Context, Tx } from './context.ts'
import type { From } from './identity.ts'

const forgottenAfter = 400 * 24 * 3600 * 1000

/** Tells a device that somebody has used before from a new one, by a cookie that says nothing else. */
export function createDevices({ clock, cookies }: Context) {
  return {
    /** `isNew`: she has used others, and never this one. The first one of all isn't news. */
    async recognise(tx: Tx, member: MemberId, from: From): Promise<{ isNew: boolean; cookie: string }> {
      const now = clock.now()
      const shown = cookies.device.read(from.cookies)
      const secret =
        shown !== null && /^[\w-]{43}$/.test(shown) ? shown : randomBytes(32).toString('base64url')
      await tx
        .deleteFrom('device')
        .where('member_id', '=', member)
        .where('last_seen_at', '<', new Date(now.getTime() - forgottenAfter))
        .execute()
      const known = await tx
        .selectFrom('device')
        .select('secret_hash')
        .where('member_id', '=', member)
        .execute()
      const secret_hash = hashSecret(secret)
      await tx
        .insertInto('device')
        .values({ member_id: member, secret_hash, last_seen_at: now })
        .onConflict((conflict) =>
          conflict.columns(['member_id', 'secret_hash']).doUpdateSet({ last_seen_at: now }),
        )
        .execute()
      const isNew = known.length > 0 && !known.some((one) => sameSecret(one.secret_hash, secret_hash))
      return { isNew, cookie: cookies.device.set(secret) }
    },
  }
}
