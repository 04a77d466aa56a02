import type { Log } from '#foundation'
import { sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import type { VaultKeys } from './keys.ts'
import { placeOf } from './row.ts'
import type { Row } from './row.ts'
import type { CredentialPlace } from './vault.ts'

const portion = 100

/**
 * Seals again whatever another key than the current one sealed. Each row in a transaction of its own, so calls go on,
 * and one that stops half-way leaves nothing but less to do. What can't be read stays as it is and is counted.
 */
export async function rewrapAll({
  storage,
  keys,
  unlock,
  sealFor,
  announce,
  log,
}: {
  storage: Storage
  keys: VaultKeys
  unlock(row: Row): string
  sealFor(row: Row, secret: string): string
  announce(tx: Kysely<never>, place: CredentialPlace): Promise<void>
  log: Log
}): Promise<{ rewrapped: number; unreadable: number }> {
  const rewrapOne = (id: Row['id']): Promise<boolean | null> =>
    storage.transaction<never, boolean | null>(async (tx) => {
      const { rows } = await sql<Row>`select * from credential where id = ${id} for update`.execute(tx)
      const [row] = rows
      // Gone, or given anew meanwhile: nothing is left to do.
      if (!row || row.key_version === keys.current) return null
      let sealed
      try {
        sealed = sealFor(row, unlock(row))
      } catch (error) {
        log.error({ err: error, credential: row.id }, 'a credential can’t be opened')
        return false
      }
      await sql`update credential set sealed = ${sealed}, key_version = ${keys.current}
        where id = ${id}`.execute(tx)
      await announce(tx, placeOf(row))
      return true
    })

  let rewrapped = 0
  let unreadable = 0
  let after = ''
  for (;;) {
    const { rows } = await sql<Pick<Row, 'id'>>`select id from credential
      where key_version <> ${keys.current} and id > ${after}
      order by id limit ${portion}`.execute(storage.db<never>())
    const last = rows.at(-1)
    if (!last) return { rewrapped, unreadable }
    after = last.id
    for (const { id } of rows) {
      const done = await rewrapOne(id)
      if (done === true) rewrapped++
      if (done === false) unreadable++
    }
  }
}
