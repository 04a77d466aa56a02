import type { MemberView } from '#contract'
import type { MemberId } from '#foundation'
import type { Arriving, Ceremonies } from './ceremonies.ts'
import type { Context, Tx } from './context.ts'
import { memberIn, record } from './context.ts'
import { IdentityError } from './errors.ts'
import type { Factors } from './factors/factors.ts'
import type { Entered, From, Started } from './identity.ts'
import { isStrong } from './methods.ts'
import type { Links } from './providers/links.ts'
import type { LiveSession, Sessions } from './sessions.ts'
import { readRule, requiresSecondFactor } from './sign-in-rule.ts'
import type { IdentityTables } from './tables.ts'

const minutes = 5

export type Entrance = ReturnType<typeof createEntrance>
export type Member = MemberView & { id: MemberId }
/** The browser at the door: where it comes from, and the session it brought. */
export type Visit = { from: From; planted: LiveSession | null }

/** Where every way of signing in ends: in, or at one more step. */
export function createEntrance(
  context: Context,
  parts: { sessions: Sessions; ceremonies: Ceremonies; factors: Factors; links: Links },
) {
  const { storage } = context
  const { sessions, ceremonies, factors, links } = parts

  /** Begins the session and ends the one the browser brought (attacks C9). */
  const enter = async (tx: Tx, member: Member, arriving: Arriving, visit: Visit): Promise<Started> => {
    const { from, planted } = visit
    if (planted) await sessions.end(tx, planted.member, { only: planted.id })
    if (arriving.link !== null) await links.finish(tx, member, arriving.link, from)
    const started = await sessions.start(tx, member, from, arriving)
    await record(context, tx, {
      event: 'session.started',
      outcome: 'ok',
      actor: memberIn(member),
      ip: from.ip,
      detail: { methods: arriving.methods.join(' '), provider: arriving.provider },
    })
    return started
  }

  return {
    enter,

    /** She passed one step: in when that is enough. */
    async arrive(tx: Tx, member: Member, arriving: Arriving, visit: Visit): Promise<Entered> {
      if (isStrong(new Set(arriving.methods))) return enter(tx, member, arriving, visit)
      const ways = await factors.ways(tx, member.id)
      const required = requiresSecondFactor(await readRule(tx), member.role)
      if (ways.length === 0 && !required) return enter(tx, member, arriving, visit)
      const due = ways.length > 0 ? ('second-step' as const) : ('enrol' as const)
      const opened = await ceremonies.open(tx, {
        kind: due,
        member: member.id,
        data: arriving,
        minutes: due === 'enrol' ? 2 * minutes : minutes,
        from: visit.from,
      })
      return { ...opened, due, ways }
    },

    /** Runs a sign-in in one transaction. */
    async through<T extends object>(
      request: Request,
      from: From,
      work: (tx: Tx, visit: Visit) => Promise<T>,
    ): Promise<T> {
      const planted = await sessions.find(request)
      const entered = await storage.transaction<IdentityTables, T>((tx) => work(tx, { from, planted }))
      if (planted && 'member' in entered) sessions.forget(planted.member)
      return entered
    },

    /** The member, locked against being disabled at the same moment. */
    async admit(tx: Tx, id: MemberId): Promise<Member & { passwordHash: string | null }> {
      const row = await tx
        .selectFrom('member')
        .select(['id', 'name', 'email', 'role', 'password_hash'])
        .where('id', '=', id)
        .where('active', '=', true)
        .forUpdate()
        .executeTakeFirst()
      if (!row) throw new IdentityError('forbidden', 'An administrator has disabled this account')
      const { password_hash: passwordHash, ...member } = row
      return { ...member, passwordHash }
    },
  }
}
