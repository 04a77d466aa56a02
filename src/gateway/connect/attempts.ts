import { z } from 'zod'
import { deriveKey, hashSecret, seal, unseal } from '#foundation'
import type { Clock, MemberId, SessionId } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { UpstreamId } from '../upstreams/upstream.ts'
import { clientIdentity } from './client-identity.ts'
import { isServer } from './server-metadata.ts'
import type { Server } from './server-metadata.ts'

const minutes = 10

/** What is remembered while a person is away at the authorization server. */
const attempt = z.object({
  verifier: z.string(),
  baseUrl: z.string(),
  resource: z.string(),
  client: clientIdentity,
  /** As it was read before she left: the answer is checked against it and the code goes there (attacks G12). */
  server: z.custom<Server>(isServer),
})
export type Attempt = z.infer<typeof attempt>
/** Who is connecting what, in which browser. */
export type AttemptOwner = { member: MemberId; session: SessionId; upstream: UpstreamId }

/**
 * Connections under way: each is found by its unguessable `state` together with the session, the member and the
 * upstream that it began with, gone once taken, and over after ten minutes (attacks C1, C2).
 */
export function createAttempts({
  storage,
  clock,
  secret,
}: {
  storage: Storage
  clock: Clock
  secret: string
}) {
  const db = storage.db<never>()
  const key = deriveKey(secret, 'connection attempts')
  return {
    async open(state: string, { member, session, upstream }: AttemptOwner, data: Attempt): Promise<void> {
      const now = clock.now()
      const hash = hashSecret(state)
      const sealed = seal(key, JSON.stringify(data), hash)
      await sql`delete from connection_attempt where expires_at < ${now}`.execute(db)
      await sql`
        insert into connection_attempt (state_hash, member_id, session_id, upstream_id, sealed, expires_at)
        values (${hash}, ${member}, ${session}, ${upstream}, ${sealed},
          ${new Date(now.getTime() + minutes * 60_000)})`.execute(db)
    },

    /** Takes it: of two at once, one gets it. Somebody else's stays where it is. */
    async take(state: string, { member, session, upstream }: AttemptOwner): Promise<Attempt | null> {
      const hash = hashSecret(state)
      const { rows } = await sql<{ sealed: string }>`
        delete from connection_attempt where state_hash = ${hash} and member_id = ${member}
          and session_id = ${session} and upstream_id = ${upstream} and expires_at > ${clock.now()}
        returning sealed`.execute(db)
      const [row] = rows
      return row ? attempt.parse(JSON.parse(unseal(key, row.sealed, hash))) : null
    },
  }
}
export type Attempts = ReturnType<typeof createAttempts>
