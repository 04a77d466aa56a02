import type { Audit } from '#audit'
import { sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import { keysChanged } from '../keys/key-store.ts'
import type { KeyState, KeyStore, Rotated, Rotation, StoredKey } from '../keys/key-store.ts'

type Row = { kid: string; state: KeyState; public_jwk: StoredKey['publicJwk']; sealed_private: string }
type FactsRow = {
  kid: string
  state: KeyState
  created_at: Date
  signing_since: Date | null
  retired_at: Date | null
}

export function createKeyTable(storage: Storage, audit: Audit): KeyStore {
  const db = storage.db<never>()
  const insert = (on: Kysely<never>, { kid, state, publicJwk, sealedPrivate }: StoredKey, at: Date) =>
    // The unique index lets one process in; the other waits for its commit and adds nothing.
    sql`insert into signing_key (kid, state, public_jwk, sealed_private, created_at, signing_since)
      values (${kid}, ${state}, cast(${JSON.stringify(publicJwk)} as jsonb), ${sealedPrivate}, ${at},
        ${state === 'current' ? at : null})
      on conflict do nothing`.execute(on)
  const tell = async (
    tx: Kysely<never>,
    rotation: Rotation,
    rotated: Rotated,
    news: Record<string, string>,
  ) => {
    await sql`delete from signing_key where state = 'retired' and retired_at <= ${rotation.forgetBefore}`.execute(
      tx,
    )
    await audit.record(tx, rotation.entryOf(rotated))
    await storage.publish(tx, keysChanged, { current: rotated.current, ...news })
    return rotated
  }

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
      for (const key of keys) await insert(db, key, at)
    },

    async list(retiredSince) {
      const { rows } =
        await sql<FactsRow>`select kid, state, created_at, signing_since, retired_at from signing_key
        where state <> 'retired' or retired_at > ${retiredSince}
        order by case state when 'next' then 0 when 'current' then 1 else 2 end, created_at desc, kid desc`.execute(
          db,
        )
      return rows.map((row) => ({
        kid: row.kid,
        state: row.state,
        createdAt: row.created_at,
        signingSince: row.signing_since,
        retiredAt: row.retired_at,
      }))
    },

    rotate: (rotation, { signingSince, publishedSince }) =>
      storage.transaction<never, Rotated | null>(async (tx) => {
        // The condition and the row's lock let one through: who waits finds that it is current no longer.
        const { rows: retired } = await sql<{ kid: string }>`
          update signing_key set state = 'retired', retired_at = ${rotation.at}
          where state = 'current' and signing_since <= ${signingSince} and exists (
            select 1 from signing_key as next where next.state = 'next' and next.created_at <= ${publishedSince})
          returning kid`.execute(tx)
        const [old] = retired
        if (!old) return null
        const { rows: promoted } = await sql<{ kid: string }>`
          update signing_key set state = 'current', signing_since = ${rotation.at} where state = 'next'
          returning kid`.execute(tx)
        const [current] = promoted
        if (!current) throw new Error('There is no next signing key')
        const next = rotation.make('next')
        await insert(tx, next, rotation.at)
        return tell(tx, rotation, { retired: [old.kid], current: current.kid, next: next.kid }, {})
      }),

    replaceAll: (rotation, kids) =>
      storage.transaction<never, Rotated | null>(async (tx) => {
        // Gone, not retired: a key that somebody else may hold verifies nothing from now on.
        const { rows } = await sql<{ kid: string }>`
          delete from signing_key
          where kid in (select jsonb_array_elements_text(cast(${JSON.stringify(kids)} as jsonb))) returning kid`.execute(
          tx,
        )
        // Of two at once the second finds none: the keys there are now were made for the first.
        if (rows.length === 0) return null
        const [current, next] = [rotation.make('current'), rotation.make('next')]
        await insert(tx, current, rotation.at)
        await insert(tx, next, rotation.at)
        const rotated = { retired: rows.map(({ kid }) => kid), current: current.kid, next: next.kid }
        return tell(tx, rotation, rotated, { takenBack: 'true' })
      }),
  }
}
