import type { Proof } from '#contract'
import { addressKey } from '#foundation'
import type { MemberId } from '#foundation'
import type { Ceremonies } from './ceremonies.ts'
import type { Context, Tx } from './context.ts'
import { countTry } from './context.ts'
import type { Entrance } from './entrance.ts'
import { IdentityError } from './errors.ts'
import type { Factors } from './factors/factors.ts'
import type { From, Identity } from './identity.ts'
import type { Method } from './methods.ts'
import { recordFactor } from './record-factor.ts'
import type { IdentityTables } from './tables.ts'

const over = () =>
  new IdentityError('step_over', 'That took too long, or was finished elsewhere. Sign in again')

/**
 * Of a million codes three are right at a time, so two hundred tries a day find one in 1,700 days on average,
 * for somebody who has the password already. Fewer from one address: he can't use up the owner's tries.
 */
export function countCode(context: Context, member: MemberId, { ip }: From): Promise<void> {
  const address = addressKey(ip)
  return countTry(context, [
    { key: `code:${address}:${member}`, rate: { limit: 10, window: 900 } },
    { key: `code-day:${address}:${member}`, rate: { limit: 40, window: 86_400 } },
    { key: `code-all:${member}`, rate: { limit: 200, window: 86_400 } },
  ])
}

export const wrongCode = () =>
  new IdentityError(
    'wrong_code',
    'That code isn’t right, or was used already. Wait for the next one and try again',
  )

/** Uses a code up. Throws `wrong_code`, and nothing is used, when it isn't one of hers. */
export async function useCode(
  { totp, recovery }: Factors,
  tx: Tx,
  member: MemberId,
  proof: Extract<Proof, { code: string }>,
): Promise<Method[]> {
  const right =
    proof.kind === 'totp'
      ? await totp.use(tx, member, proof.code)
      : await recovery.use(tx, member, proof.code)
  if (!right) throw wrongCode()
  return [proof.kind === 'totp' ? 'otp' : 'rec']
}

type Parts = { entrance: Entrance; ceremonies: Ceremonies; factors: Factors }

/** The second step of a sign-in, and setting up a second factor when the rule asks for one. */
export function createSecondStep(
  context: Context,
  { entrance, ceremonies, factors }: Parts,
): Identity['secondStep'] {
  const { storage, audit } = context
  const db = storage.db<IdentityTables>()

  const look = async (kind: 'second-step' | 'enrol', handle: string, from: From): Promise<MemberId> => {
    const found = await ceremonies.look(db, kind, handle, from)
    if (!found?.member) throw over()
    return found.member
  }
  const noteRefused = (member: MemberId, reason: string, from: From) =>
    audit.note({
      event: 'session.refused',
      outcome: 'refused',
      actor: { kind: 'anonymous' },
      subject: { kind: 'member', id: member },
      ip: from.ip,
      detail: { reason },
    })

  return {
    async take({ handle, proof }, request, from) {
      const id = await look('second-step', handle, from)
      if (proof.kind === 'password') throw over()
      // Nobody guesses a signature: only codes are counted.
      if (proof.kind !== 'passkey') await countCode(context, id, from)
      try {
        const passkey =
          proof.kind === 'passkey'
            ? await factors.passkeys.check('passkey-step', id, proof.answer, from)
            : null
        return await entrance.through(request, from, async (tx, visit) => {
          const { passwordHash: _, ...member } = await entrance.admit(tx, id)
          // Of two who finish at once, one takes it. A wrong code takes nothing: all of this is undone.
          const begun = await ceremonies.take(tx, 'second-step', handle, from)
          if (!begun) throw over()
          const more =
            proof.kind === 'passkey' ? (passkey?.methods ?? []) : await useCode(factors, tx, id, proof)
          const methods = [...begun.data.methods, ...more]
          if (more.includes('rec')) await recordFactor(context, tx, member, 'recovery_code.used', from)
          return entrance.enter(tx, member, { ...begun.data, methods }, visit)
        })
      } catch (error) {
        if (error instanceof IdentityError) noteRefused(id, `second step: ${error.code}`, from)
        throw error
      }
    },

    async passkeyOptions(handle, from) {
      const id = await look('second-step', handle, from)
      return factors.passkeys.ask('passkey-step', id, from)
    },

    async enrol(handle, from) {
      const id = await look('enrol', handle, from)
      return storage.transaction<IdentityTables, Awaited<ReturnType<Identity['secondStep']['enrol']>>>(
        async (tx) => {
          const member = await entrance.admit(tx, id)
          await stillWithout(tx, id)
          return factors.totp.draft(tx, id, member.email)
        },
      )
    },

    async confirmEnrol({ handle, code }, request, from) {
      const id = await look('enrol', handle, from)
      await countCode(context, id, from)
      return entrance.through(request, from, async (tx, visit) => {
        const { passwordHash: _, ...member } = await entrance.admit(tx, id)
        const begun = await ceremonies.take(tx, 'enrol', handle, from)
        if (!begun) throw over()
        await stillWithout(tx, id)
        if (!(await factors.totp.confirm(tx, id, code))) throw wrongCode()
        await recordFactor(context, tx, member, 'totp.added', from)
        const recoveryCodes = await factors.recovery.renew(tx, id)
        const methods = [...begun.data.methods, 'otp']
        return { ...(await entrance.enter(tx, member, { ...begun.data, methods }, visit)), recoveryCodes }
      })
    },
  }

  /** Who knows only the password may set up the first factor, never replace one that came about meanwhile. */
  async function stillWithout(tx: Tx, member: MemberId): Promise<void> {
    if ((await factors.ways(tx, member)).length > 0) throw over()
  }
}
