import { addressKey, hashSecret, newId, newSecret } from '#foundation'
import type { MemberView } from '#contract'
import type { Context, Tx } from './context.ts'
import { countTry, memberIn, record } from './context.ts'
import { IdentityError } from './errors.ts'
import type { Identity } from './identity.ts'
import { hashPassword } from './passwords.ts'
import type { Sessions } from './sessions.ts'
import type { IdentityTables } from './tables.ts'

const tokenLifetime = 24 * 3600 * 1000

/** The first administrator: by the one-time token that the terminal printed, or by settings. */
export function createSetup(context: Context, sessions: Sessions): Identity['setup'] {
  const { storage, clock } = context
  const db = storage.db<IdentityTables>()
  let claimed = false

  const needed = async (): Promise<boolean> => {
    if (claimed) return false
    const row = await db.selectFrom('install').select('claimed_at').executeTakeFirstOrThrow()
    claimed = row.claimed_at !== null
    return !claimed
  }

  /** The one row of `install` goes from unclaimed to claimed once, whoever tries at the same moment. */
  const claimInstall = async (tx: Tx): Promise<boolean> => {
    const won = await tx
      .updateTable('install')
      .set({ claimed_at: clock.now() })
      .where('claimed_at', 'is', null)
      .returning('one')
      .executeTakeFirst()
    if (won) await tx.deleteFrom('setup_token').execute()
    return won !== undefined
  }

  const insert = async (tx: Tx, who: { name: string; email: string }, hash: string): Promise<MemberView> => {
    const now = clock.now()
    const view: MemberView & { id: ReturnType<typeof newId<'mem'>> } = {
      id: newId('mem'),
      name: who.name,
      email: who.email,
      role: 'administrator',
    }
    await tx
      .insertInto('member')
      .values({ ...view, active: true, password_hash: hash, created_at: now, password_changed_at: now })
      .execute()
    return view
  }

  return {
    needed,
    async openToken() {
      if (!(await needed())) return null
      const token = newSecret('setup')
      await db
        .insertInto('setup_token')
        .values({ secret_hash: hashSecret(token), created_at: clock.now() })
        .execute()
      return token
    },
    async claim({ token, name, email, password }, from) {
      await countTry(context, [{ key: `setup:${addressKey(from.ip)}`, rate: { limit: 30, window: 900 } }])
      if (!(await needed()))
        throw new IdentityError('already_set_up', 'This Tandem already has an administrator')
      const born = new Date(clock.now().getTime() - tokenLifetime)
      const known = await db
        .selectFrom('setup_token')
        .select('secret_hash')
        .where('secret_hash', '=', hashSecret(token))
        .where('created_at', '>', born)
        .executeTakeFirst()
      if (!known) {
        context.audit.note({
          event: 'setup.refused',
          outcome: 'refused',
          actor: { kind: 'anonymous' },
          ip: from.ip,
        })
        throw new IdentityError(
          'setup_token_invalid',
          'This setup link is not valid. Use the newest one in the terminal, or restart Tandem for a fresh one',
        )
      }
      const hash = await hashPassword(password)
      const started = await storage.transaction<
        IdentityTables,
        Awaited<ReturnType<Identity['setup']['claim']>>
      >(async (tx) => {
        if (!(await claimInstall(tx))) {
          throw new IdentityError('already_set_up', 'This Tandem already has an administrator')
        }
        const member = await insert(tx, { name, email }, hash)
        await record(context, tx, {
          event: 'install.claimed',
          outcome: 'ok',
          actor: memberIn(member),
          ip: from.ip,
        })
        return sessions.start(tx, member, from, { methods: ['pwd'], provider: null })
      })
      claimed = true
      return started
    },
    async createAdministrator({ name, email, password }) {
      if (!(await needed())) return false
      const hash = await hashPassword(password)
      const won = await storage.transaction<IdentityTables, boolean>(async (tx) => {
        if (!(await claimInstall(tx))) return false
        const member = await insert(tx, { name, email }, hash)
        await record(context, tx, {
          event: 'install.claimed',
          outcome: 'ok',
          actor: { kind: 'system', name: 'settings' },
          subject: { kind: 'member', id: member.id, name },
        })
        return true
      })
      claimed = true
      return won
    },
  }
}
