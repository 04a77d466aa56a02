import type { Audit } from '#audit'
import { sql } from '#storage'
import type { RawBuilder, Storage } from '#storage'
import type { GrantStore } from '../grants/grant-store.ts'
import { auditRow, text } from './values.ts'

type Row = {
  client_id: string
  refresh_hash: string | null
  refresh_previous_hash: string | null
  refresh_rotated_at: Date | null
  refresh_answer: string | null
  refresh_expires_at: Date | null
  refresh_jkt: string | null
  alive: boolean
}

export function createRefreshTable(
  storage: Storage,
  audit: Audit,
): Pick<GrantStore, 'rotateRefreshToken' | 'refreshState'> {
  const db = storage.db<never>()
  const alive = (at: Date): RawBuilder<unknown> => sql`status <> 'ended' and refresh_expires_at > ${at}
    and (expires_at is null or expires_at > ${at})`
  return {
    async rotateRefreshToken(
      { grant, clientId, presentedHash, successorHash, answer, at, idleUntil, jkt, bindTo },
      entry,
    ) {
      // Of many at once the row's lock lets one through; the others find another hash there and rotate nothing.
      const { rows } = await sql`
        with rotated as (
          update oauth_grant set refresh_hash = ${successorHash}, refresh_previous_hash = ${presentedHash},
            refresh_rotated_at = ${at}, refresh_answer = ${answer}, refresh_expires_at = ${idleUntil},
            last_used_at = ${at}, refresh_jkt = coalesce(refresh_jkt, ${text(bindTo)})
          where id = ${grant} and client_id = ${clientId} and refresh_hash = ${presentedHash} and ${alive(at)}
            and (refresh_jkt is null or refresh_jkt = ${text(jkt)})
          returning id
        )
        ${auditRow(audit, entry, sql`rotated`)}`.execute(db)
      return rows.length === 1
    },
    async refreshState(id, at) {
      const { rows } =
        await sql<Row>`select client_id, refresh_hash, refresh_previous_hash, refresh_rotated_at,
        refresh_answer, refresh_expires_at, refresh_jkt, (${alive(at)}) as alive from oauth_grant where id = ${id}`.execute(
          db,
        )
      const [row] = rows
      return (
        row && {
          clientId: row.client_id,
          currentHash: row.refresh_hash,
          previousHash: row.refresh_previous_hash,
          rotatedAt: row.refresh_rotated_at,
          answer: row.refresh_answer,
          idleUntil: row.refresh_expires_at,
          boundTo: row.refresh_jkt,
          alive: row.alive,
        }
      )
    },
  }
}
