import type { MemberView } from '#contract'
import type { Context } from './context.ts'
import { countTry, keyOf, memberIn, record } from './context.ts'
import { IdentityError } from './errors.ts'
import type { From, Identity, Started } from './identity.ts'
import { checkPassword } from './passwords.ts'
import type { Sessions } from './sessions.ts'
import type { IdentityTables } from './tables.ts'

const window = 15 * 60
// Per address *and* account, so that a stranger can't lock the owner out from elsewhere;
// per account over all addresses, against a spread-out guess; per address, against a sweep.
const perPair = { limit: 10, window }
const perAccount = { limit: 100, window }
const perAddress = { limit: 100, window }

export function createSignIn(context: Context, sessions: Sessions): Identity['sessions'] {
  const { storage, audit, cookie } = context
  const db = storage.db<IdentityTables>()

  const start = async (
    { email, password }: { email: string; password: string },
    request: Request,
    from: From,
  ): Promise<Started> => {
    const account = keyOf(email)
    await countTry(context, [
      { key: `ip:${from.ip}`, rate: perAddress },
      { key: `pair:${from.ip}:${account}`, rate: perPair },
      { key: `account:${account}`, rate: perAccount },
    ])
    const found = await db.selectFrom('member').selectAll().where('email', '=', email).executeTakeFirst()
    const right = await checkPassword(password, found?.password_hash)
    if (!found || !right || !found.active) {
      audit.note({
        event: 'session.refused',
        outcome: 'refused',
        actor: { kind: 'anonymous' },
        ...(found ? { subject: { kind: 'member', id: found.id, name: found.name } } : {}),
        ip: from.ip,
        detail: { reason: !found ? 'unknown email' : right ? 'disabled member' : 'wrong password' },
      })
      throw new IdentityError('wrong_password', 'That email and password don’t match')
    }
    const member: MemberView = { id: found.id, name: found.name, email: found.email, role: found.role }
    const planted = await sessions.find(request)
    const started = await storage.transaction<IdentityTables, Started>(async (tx) => {
      // The row is locked against a disabling at the same moment.
      const still = await tx
        .selectFrom('member')
        .select('id')
        .where('id', '=', found.id)
        .where('active', '=', true)
        .where('password_hash', '=', found.password_hash)
        .forUpdate()
        .executeTakeFirst()
      if (!still) throw new IdentityError('wrong_password', 'That email and password don’t match')
      if (planted) await sessions.end(tx, planted.member, planted.id)
      const begun = await sessions.start(tx, member, from)
      await record(context, tx, {
        event: 'session.started',
        outcome: 'ok',
        actor: memberIn(found),
        ip: from.ip,
      })
      return begun
    })
    if (planted) sessions.forget(planted.member)
    return started
  }

  return {
    start,
    async endCurrent(request, from) {
      const session = await sessions.find(request)
      if (session) {
        await storage.transaction<IdentityTables, void>(async (tx) => {
          await sessions.end(tx, session.member, session.id)
          await record(context, tx, {
            event: 'session.ended',
            outcome: 'ok',
            actor: { kind: 'member', id: session.member, name: session.name },
            subject: { kind: 'session', id: session.id },
            ip: from.ip,
          })
        })
        sessions.forget(session.member)
      }
      return cookie.clear()
    },
    list: (actor) => sessions.list(actor.member, actor.session),
    async end(actor, id, from) {
      await storage.transaction<IdentityTables, void>(async (tx) => {
        const ended = await sessions.end(tx, actor.member, id)
        if (ended.length === 0) throw new IdentityError('not_found', 'There is no such session')
        await record(context, tx, {
          event: 'session.ended',
          outcome: 'ok',
          actor: { kind: 'member', id: actor.member, name: actor.name },
          subject: { kind: 'session', id },
          ip: from.ip,
        })
      })
      sessions.forget(actor.member)
    },
    onEnd: sessions.onEnd,
  }
}
