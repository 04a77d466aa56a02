import type { Context } from './context.ts'
import { byMember, record } from './context.ts'
import { IdentityError } from './errors.ts'
import type { Identity } from './identity.ts'
import type { Sessions } from './sessions.ts'
import type { IdentityTables } from './tables.ts'

type OwnSessions = Omit<Identity['sessions'], 'start'>

/** What people see of their own sessions, and end. Nobody's else: every statement names the member. */
export function createOwnSessions(context: Context, sessions: Sessions): OwnSessions {
  const { storage, cookies } = context
  const db = storage.db<IdentityTables>()
  return {
    async endCurrent(request, from) {
      const session = await sessions.find(request)
      if (session) {
        await storage.transaction<IdentityTables, void>(async (tx) => {
          await sessions.end(tx, session.member, { only: session.id })
          await record(context, tx, {
            event: 'session.ended',
            outcome: 'ok',
            actor: byMember(session),
            subject: { kind: 'session', id: session.id },
            ip: from.ip,
          })
        })
        sessions.forget(session.member)
      }
      return cookies.session.clear()
    },
    list: (actor) => sessions.list(actor.member, actor.session),
    async end(actor, id, from) {
      await storage.transaction<IdentityTables, void>(async (tx) => {
        const ended = await sessions.end(tx, actor.member, { only: id })
        if (ended.length === 0) throw new IdentityError('not_found', 'There is no such session')
        await record(context, tx, {
          event: 'session.ended',
          outcome: 'ok',
          actor: byMember(actor),
          subject: { kind: 'session', id },
          ip: from.ip,
        })
      })
      sessions.forget(actor.member)
    },
    async endOthers(actor, from) {
      const ended = await storage.transaction<IdentityTables, number>(async (tx) => {
        const { length } = await sessions.end(tx, actor.member, { but: actor.session })
        await record(context, tx, {
          event: 'session.ended',
          outcome: 'ok',
          actor: byMember(actor),
          ip: from.ip,
          detail: { sessionsEnded: length },
        })
        return length
      })
      sessions.forget(actor.member)
      return ended
    },
    async recognise(actor, id) {
      const known = await db
        .updateTable('session')
        .set({ new_device: false })
        .where('id', '=', id)
        .where('member_id', '=', actor.member)
        .returning('id')
        .executeTakeFirst()
      if (!known) throw new IdentityError('not_found', 'There is no such session')
    },
    onEnd: sessions.onEnd,
  }
}
