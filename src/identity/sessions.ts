import { hashSecret, newId, newSecret } from '#foundation'
import type { MemberId, SessionId } from '#foundation'
import type { MemberRole, MemberView, SessionView } from '#contract'
import { sql } from '#storage'
import type { Kysely } from '#storage'
import type { Context, Tx } from './context.ts'
import { untyped } from './context.ts'
import { deviceLabel } from './device.ts'
import { createDevices } from './devices.ts'
import type { From, Started } from './identity.ts'
import { isStrong, methodsInWords, readMethods } from './methods.ts'
import { requiresSecondFactor } from './sign-in-rule.ts'
import type { IdentityTables } from './tables.ts'

const day = 24 * 3600 * 1000
const idleLimit = 30 * day
const absoluteLimit = 90 * day
/** How stale `last_seen_at` may be, and how long a look-up is trusted should every event get lost. */
const seenEvery = 60_000
const maxCached = 10_000

export type LiveSession = {
  id: SessionId
  member: MemberId
  name: string
  email: string
  role: MemberRole
  methods: ReadonlySet<string>
  startedAt: Date
  lastSeenAt: Date
  /** When she last proved who she is. */
  confirmedAt: Date
}

/** How a session came about. */
export type How = { methods: readonly string[]; provider: string | null }

/** The table of sessions, with a cache in front that every replica keeps true by events. */
export type Sessions = {
  find(request: Request): Promise<LiveSession | null>
  start(tx: Tx, member: MemberView, from: From, how: How): Promise<Started>
  list(member: MemberId, current: SessionId): Promise<SessionView[]>
  /**
   * Ends the member's sessions, or only the one, or all but one. Tell {@link forget} after the commit.
   * Resolves to the ids it ended.
   */
  end(tx: Tx, member: MemberId, which?: { only: SessionId } | { but: SessionId }): Promise<SessionId[]>
  forget(member: MemberId): void
  onEnd(session: SessionId, listener: () => void): () => void
  /** Active members, and sessions that live. */
  counts(): Promise<{ members: number; sessions: number }>
}

export function createSessions(context: Context): Sessions {
  const { storage, clock, cookies } = context
  const db = storage.db<IdentityTables>()
  const devices = createDevices(context)
  const cache = new Map<string, { session: LiveSession; checked: number }>()
  const listeners = new Map<SessionId, Set<() => void>>()
  // A look-up that was under way while something ended must not be remembered.
  let generation = 0

  const forget = (member: string | undefined): void => {
    generation++
    for (const [hash, { session }] of cache) if (session.member === member) cache.delete(hash)
  }
  const forgetAll = (): void => {
    generation++
    cache.clear()
  }
  storage.events.subscribe('session.ended', ({ member, session }) => {
    forget(member)
    for (const listener of listeners.get(session as SessionId) ?? []) listener()
  })
  storage.events.subscribe('member.changed', ({ member }) => forget(member))
  storage.events.subscribe('sign_in_rule.changed', forgetAll)
  storage.events.onGap(forgetAll)

  const isLive = (session: { startedAt: Date; lastSeenAt: Date }, now: number): boolean =>
    now - session.startedAt.getTime() < absoluteLimit && now - session.lastSeenAt.getTime() < idleLimit

  const read = async (hash: string): Promise<LiveSession | null> => {
    const row = await db
      .selectFrom('session')
      .innerJoin('member', 'member.id', 'session.member_id')
      .innerJoin('sign_in_rule', (join) => join.onTrue())
      .select(['session.id', 'session.started_at', 'session.last_seen_at', 'session.confirmed_at'])
      .select(['session.methods', 'sign_in_rule.second_factor'])
      .select(['member.id as member', 'member.name', 'member.email', 'member.role'])
      .where('session.secret_hash', '=', hash)
      .where('member.active', '=', true)
      .executeTakeFirst()
    if (!row) return null
    const { id, member, name, email, role } = row
    const methods = readMethods(row.methods)
    // A rule made, or a role given, while somebody was in by one factor alone.
    if (requiresSecondFactor(row.second_factor, role) && !isStrong(methods)) return null
    return {
      id,
      member,
      name,
      email,
      role,
      methods,
      startedAt: new Date(row.started_at),
      lastSeenAt: new Date(row.last_seen_at),
      confirmedAt: new Date(row.confirmed_at),
    }
  }

  const seen = async (session: LiveSession, now: number): Promise<LiveSession> => {
    if (now - session.lastSeenAt.getTime() < seenEvery) return session
    const lastSeenAt = new Date(now)
    await db.updateTable('session').set({ last_seen_at: lastSeenAt }).where('id', '=', session.id).execute()
    return { ...session, lastSeenAt }
  }

  return {
    async find(request) {
      const secret = cookies.session.read(request.headers.get('cookie'))
      if (!secret) return null
      const hash = hashSecret(secret)
      const now = clock.now().getTime()
      const cached = cache.get(hash)
      if (cached && now - cached.checked < seenEvery && isLive(cached.session, now)) return cached.session
      const before = generation
      const found = await read(hash)
      if (!found || !isLive(found, now)) {
        cache.delete(hash)
        return null
      }
      const session = await seen(found, now)
      if (before === generation) {
        if (cache.size >= maxCached) cache.clear()
        cache.set(hash, { session, checked: now })
      }
      return session
    },
    async start(tx, member, from, { methods, provider }) {
      const secret = newSecret('ses')
      const now = clock.now()
      await tx
        .deleteFrom('session')
        .where('member_id', '=', member.id as MemberId)
        .where((or) =>
          or.or([
            or('started_at', '<', new Date(now.getTime() - absoluteLimit)),
            or('last_seen_at', '<', new Date(now.getTime() - idleLimit)),
          ]),
        )
        .execute()
      const device = await devices.recognise(tx, member.id as MemberId, from)
      await tx
        .insertInto('session')
        .values({
          id: newId('ses'),
          secret_hash: hashSecret(secret),
          member_id: member.id as MemberId,
          device: deviceLabel(from.userAgent),
          ip: from.ip,
          started_at: now,
          last_seen_at: now,
          methods: methods.join(' '),
          provider,
          confirmed_at: now,
          new_device: device.isNew,
        })
        .execute()
      return { cookie: cookies.session.set(secret), device: device.cookie, member }
    },
    async counts() {
      const now = clock.now().getTime()
      const { rows } = await sql<{ members: number; sessions: number }>`
        select (select count(*)::int from member where active) as members,
          (select count(*)::int from session
            where started_at > ${new Date(now - absoluteLimit)} and last_seen_at > ${new Date(now - idleLimit)}) as sessions
      `.execute(db)
      return rows[0] ?? { members: 0, sessions: 0 }
    },
    async list(member, current) {
      const now = clock.now().getTime()
      return listRows(db, member).then((rows) =>
        rows
          .map((row) => ({
            ...row,
            startedAt: new Date(row.started_at),
            lastSeenAt: new Date(row.last_seen_at),
          }))
          .filter((row) => isLive(row, now))
          .map(({ id, startedAt, lastSeenAt, device, ip, methods, provider, new_device }) => ({
            id,
            current: id === current,
            startedAt: startedAt.toISOString(),
            lastSeenAt: lastSeenAt.toISOString(),
            device,
            ip,
            signedInWith: methodsInWords(readMethods(methods), provider),
            newDevice: new_device && id !== current,
          })),
      )
    },
    async end(tx, member, which) {
      let query = tx.deleteFrom('session').where('member_id', '=', member)
      if (which && 'only' in which) query = query.where('id', '=', which.only)
      if (which && 'but' in which) query = query.where('id', '!=', which.but)
      const ended = (await query.returning('id').execute()).map(({ id }) => id)
      for (const session of ended) await storage.publish(untyped(tx), 'session.ended', { session, member })
      return ended
    },
    forget,
    onEnd(session, listener) {
      const all = listeners.get(session) ?? new Set()
      listeners.set(session, all.add(listener))
      return () => {
        all.delete(listener)
        if (all.size === 0) listeners.delete(session)
      }
    },
  }
}

function listRows(db: Kysely<IdentityTables>, member: MemberId) {
  return db
    .selectFrom('session')
    .selectAll()
    .where('member_id', '=', member)
    .orderBy('last_seen_at', 'desc')
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
}
