import { sql } from '#storage'
import type { Storage } from '#storage'
import type { PushedRequest, PushedRequests } from '../par/pushed-request.ts'
import { json, time } from './values.ts'

type Row = { hash: string; client_id: string; params: PushedRequest['params']; expires_at: Date }

export function createPushedTable(storage: Storage): PushedRequests {
  const db = storage.db<never>()
  return {
    async add({ hash, clientId, params, expiresAt }) {
      await sql`insert into pushed_request (hash, client_id, params, expires_at)
        values (${hash}, ${clientId}, ${json(params)}, ${time(expiresAt)})`.execute(db)
    },
    async find(hash, now) {
      const { rows } = await sql<Row>`select hash, client_id, params, expires_at from pushed_request
        where hash = ${hash} and expires_at > ${now}`.execute(db)
      const [row] = rows
      return row && { hash: row.hash, clientId: row.client_id, params: row.params, expiresAt: row.expires_at }
    },
  }
}
