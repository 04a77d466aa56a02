import type { GrantId } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { GrantStore } from '../grants/grant-store.ts'

type Row = { last_fingerprint: string; same: GrantId | null }

export function createGivenBefore(storage: Storage): Pick<GrantStore, 'givenBefore'> {
  return {
    async givenBefore({ member, clientId, fingerprint, redirectUri, resource }) {
      const { rows } = await sql<Row>`
        select client ->> 'fingerprint' as last_fingerprint, (
          select id from oauth_grant
          where member = ${member} and client_id = ${clientId} and redirect_uri = ${redirectUri}
            and resource = ${resource} and status = 'active' and kind = 'authorization_code'
            and client ->> 'fingerprint' = ${fingerprint}
          order by created_at desc limit 1) as same
        from oauth_grant where member = ${member} and client_id = ${clientId}
        order by created_at desc limit 1`.execute(storage.db<never>())
      const row = rows[0]
      return row && { lastFingerprint: row.last_fingerprint, same: row.same }
    },
  }
}
