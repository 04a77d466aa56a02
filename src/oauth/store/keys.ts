import { sql } from '#storage'
import type { Storage } from '#storage'
import type { KeyState, KeyStore, StoredKey } from '../keys/key-store.ts'

type Row = { kid: string; state: KeyState; public_jwk: StoredKey['publicJwk']; sealed_private: string }

export function createKeyTable(storage: Storage): KeyStore {
  const db = storage.db<never>()
  return {
    async published(retiredSince) {
      const { rows } = await sql<Row>`select kid, state, public_jwk, sealed_private from signing_key
        where state <> 'retired' or retired_at > ${retiredSince} order by created_at, kid`.execute(db)
      return rows.map((row) => ({
        kid: row.kid,
        state: row.state,
        publicJwk: row.public_jwk,
        sealedPrivate: row.sealed_private,
      }))
    },
    async addMissing(keys, at) {
      for (const { kid, state, publicJwk, sealedPrivate } of keys) {
        // The unique index lets one process in; the other waits for its commit and adds nothing.
        await sql`insert into signing_key (kid, state, public_jwk, sealed_private, created_at)
          values (${kid}, ${state}, cast(${JSON.stringify(publicJwk)} as jsonb), ${sealedPrivate}, ${at})
          on conflict do nothing`.execute(db)
      }
    },
  }
}
