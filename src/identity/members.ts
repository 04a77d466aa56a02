import type { MemberRole } from '#contract'
import type { MemberId } from '#foundation'
import type { MemberActor } from './actor.ts'
import type { Ceremonies } from './ceremonies.ts'
import type { Context, Tx } from './context.ts'
import { byMember, countTry, record, requireAdministrator, untyped } from './context.ts'
import { IdentityError } from './errors.ts'
import type { Factors } from './factors/factors.ts'
import { requireFresh } from './fresh.ts'
import type { Identity, ListedMember, Started } from './identity.ts'
import { readMethods } from './methods.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import type { Sessions } from './sessions.ts'
import { endWeakSessions, readRule } from './sign-in-rule.ts'
import type { IdentityTables } from './tables.ts'

const columns = ['id', 'name', 'email', 'role', 'active'] as const

type Parts = { sessions: Sessions; ceremonies: Ceremonies; factors: Factors }

export function createMembers(
  context: Context,
  { sessions, ceremonies, factors }: Parts,
): Identity['members'] {
  const { storage, clock } = context
  const db = storage.db<IdentityTables>()

  return {
    async view(actor) {
      const row = await db
        .selectFrom('member')
        .select(columns)
        .where('id', '=', actor.member)
        .executeTakeFirst()
      if (!row) throw new IdentityError('not_found', 'There is no such member')
      return { id: row.id, name: row.name, email: row.email, role: row.role }
    },
    async named(who) {
      const found = await db
        .selectFrom('member')
        .select('id')
        .where('active', '=', true)
        .where((of) => of.or([of('id', '=', who as MemberId), of('email', '=', who.toLowerCase())]))
        .executeTakeFirst()
      return found?.id
    },
    async list(actor) {
      const people = db.selectFrom('member').select(columns).orderBy('created_at').orderBy('id').limit(1000)
      if (actor.role !== 'administrator') return people.execute()
      const holders = await db
        .selectFrom('totp')
        .select('member_id')
        .union(db.selectFrom('passkey').select('member_id'))
        .execute()
      const withFactor = new Set(holders.map(({ member_id }) => member_id))
      return (await people.execute()).map((one) => ({ ...one, secondFactor: withFactor.has(one.id) }))
    },
    async change(actor, id, to, from) {
      requireAdministrator(actor)
      const changed = await storage.transaction<IdentityTables, ListedMember>(async (tx) => {
        const administrators = await lockAdministrators(tx)
        const before = await tx
          .selectFrom('member')
          .select(columns)
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirst()
        if (!before) throw new IdentityError('not_found', 'There is no such member')
        if (!administrators.includes(actor.member))
          throw new IdentityError('forbidden', 'You are no administrator any more')
        // Whoever takes an unlocked browser must not let herself in for good.
        if (to.active === true || to.role === 'administrator') await requireFresh(context, tx, actor)
        const after = { ...before, active: to.active ?? before.active, role: to.role ?? before.role }
        const rules = after.active && after.role === 'administrator'
        if (!rules && administrators.every((one) => one === id)) {
          throw new IdentityError(
            'last_administrator',
            'Somebody has to stay administrator: choose another one first',
          )
        }
        await tx
          .updateTable('member')
          .set({ active: after.active, role: after.role })
          .where('id', '=', id)
          .execute()
        if (!rules) await tx.deleteFrom('invitation').where('invited_by', '=', id).execute()
        if (!after.active) {
          await sessions.end(tx, id)
          await ceremonies.endAllOf(tx, id)
        }
        if (rules) await endWeakSessions(tx, sessions, await readRule(tx), id)
        await storage.publish(untyped(tx), 'member.changed', { member: id, active: String(after.active) })
        await recordChange(context, tx, actor, before, after, from.ip)
        return after
      })
      sessions.forget(id)
      return changed
    },
    async resetFactors(actor, id, from) {
      requireAdministrator(actor)
      if (id === actor.member) {
        throw new IdentityError('forbidden', 'Change your own second factors on your account page')
      }
      await storage.transaction<IdentityTables, void>(async (tx) => {
        const administrators = await lockAdministrators(tx)
        if (!administrators.includes(actor.member))
          throw new IdentityError('forbidden', 'You are no administrator any more')
        await requireFresh(context, tx, actor)
        const member = await tx
          .selectFrom('member')
          .select(['id', 'name'])
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirst()
        if (!member) throw new IdentityError('not_found', 'There is no such member')
        await factors.removeAll(tx, id)
        await ceremonies.endAllOf(tx, id)
        await sessions.end(tx, id)
        await record(context, tx, {
          event: 'member.factors_reset',
          outcome: 'ok',
          actor: byMember(actor),
          subject: { kind: 'member', id, name: member.name },
          ip: from.ip,
        })
      })
      sessions.forget(id)
    },
    async administrators() {
      const rows = await db
        .selectFrom('member')
        .select('email')
        .where('active', '=', true)
        .where('role', '=', 'administrator')
        .execute()
      return rows.map(({ email }) => email)
    },
    async disabled() {
      const rows = await db.selectFrom('member').select('id').where('active', '=', false).execute()
      return rows.map(({ id }) => id)
    },
    async changePassword(actor, { current, next }, from) {
      await countTry(context, [{ key: `password:${actor.member}`, rate: { limit: 10, window: 900 } }])
      const row = await db
        .selectFrom('member')
        .selectAll()
        .where('id', '=', actor.member)
        .where('active', '=', true)
        .executeTakeFirst()
      const first = row?.password_hash === null
      if (!row || (!first && !(await checkPassword(current ?? '', row.password_hash)))) {
        throw new IdentityError('wrong_password', 'That isn’t your current password')
      }
      const hash = await hashPassword(next)
      const started = await storage.transaction<IdentityTables, Started>(async (tx) => {
        const how = await tx
          .selectFrom('session')
          .select(['methods', 'provider'])
          .where('id', '=', actor.session)
          .executeTakeFirst()
        if (!how) throw new IdentityError('not_signed_in', 'Sign in first')
        // Nothing to know of a password that isn't there: then the session has to be a fresh one.
        if (first) await requireFresh(context, tx, actor)
        const changed = await tx
          .updateTable('member')
          .set({ password_hash: hash, password_changed_at: clock.now() })
          .where('id', '=', actor.member)
          .where('password_hash', 'is not distinct from', row.password_hash)
          .returning('id')
          .executeTakeFirst()
        if (!changed) throw new IdentityError('wrong_password', 'Your password was changed in the meantime')
        const ended = await sessions.end(tx, actor.member)
        const { id, name, email, role } = row
        await ceremonies.endAllOf(tx, id)
        const { provider } = how
        const methods = [...readMethods(how.methods)]
        const begun = await sessions.start(tx, { id, name, email, role }, from, { methods, provider })
        await record(context, tx, {
          event: 'password.changed',
          outcome: 'ok',
          actor: { kind: 'member', id: actor.member, name: actor.name },
          ip: from.ip,
          detail: { sessionsEnded: ended.length - 1 },
        })
        return begun
      })
      sessions.forget(actor.member)
      return started
    },
  }
}

/** Two administrators who disable each other at once wait for each other here: one of them stays. */
async function lockAdministrators(tx: Tx): Promise<MemberId[]> {
  const rows = await tx
    .selectFrom('member')
    .select('id')
    .where('role', '=', 'administrator')
    .where('active', '=', true)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(({ id }) => id)
}

type State = { id: MemberId; name: string; role: MemberRole; active: boolean }

async function recordChange(
  context: Context,
  tx: Tx,
  actor: MemberActor,
  before: State,
  after: State,
  ip: string,
) {
  await record(context, tx, {
    event:
      before.active === after.active ? 'member.changed' : after.active ? 'member.enabled' : 'member.disabled',
    outcome: 'ok',
    actor: { kind: 'member', id: actor.member, name: actor.name },
    subject: { kind: 'member', id: after.id, name: after.name },
    ip,
    detail: { role: after.role, was: before.role },
  })
}
