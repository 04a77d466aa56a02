import { hashSecret } from '#foundation'
import type { ReplayCache } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'

/** What was used once, on whichever replica: the primary key lets one in, however many insert at once. */
export function createReplayTable(storage: Storage): ReplayCache {
  const db = storage.db<never>()
  return {
    async first(name, until) {
      // Hashed: names hold what clients chose, of any length and content.
      const { rows } = await sql`insert into replay (id, expires_at) values (${hashSecret(name)}, ${until})
        on conflict (id) do nothing returning id`.execute(db)
      return rows.length === 1
    },
  }
}
