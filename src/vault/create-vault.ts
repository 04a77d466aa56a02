import { newId, seal, unseal } from '#foundation'
import type { Clock, Log } from '#foundation'
import { sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import { createClaims } from './claims.ts'
import type { VaultKeys } from './keys.ts'
import { rewrapAll } from './rewrap.ts'
import { boundTo, keyOf, placeOf, viewOf } from './row.ts'
import type { Row } from './row.ts'
import { statusOf } from './status.ts'
import type { CredentialPlace, NewCredential, OpenCredential, Vault, VaultActor } from './vault.ts'

/** Told inside the transaction that changed something: never a secret. */
export type VaultRecord = (
  tx: Kysely<never>,
  event: 'credential.stored' | 'credential.removed' | 'credential.broken',
  place: CredentialPlace,
  by: VaultActor,
) => Promise<void>

export type VaultDependencies = {
  storage: Storage
  keys: VaultKeys
  record: VaultRecord
  clock: Clock
  log: Log
}

const changed = 'credential.changed'
const maxRemembered = 10_000
const gateway: VaultActor = { kind: 'system', name: 'gateway' }

/** Builds the vault. Rows are remembered sealed: a secret is in the clear for one call only (attacks G6). */
export function createVault({ storage, keys, record, clock, log }: VaultDependencies): Vault {
  const db = storage.db<never>()
  const remembered = new Map<string, Row | null>()
  let generation = 0
  const forget = (key?: string): void => {
    generation++
    if (key === undefined) remembered.clear()
    else remembered.delete(key)
  }
  const leave = storage.events.subscribe(changed, ({ place }) => forget(place))
  storage.events.onGap(() => forget())
  const announce = (tx: Kysely<never>, place: CredentialPlace) =>
    storage.publish(tx, changed, { place: keyOf(place) })

  const at = ({ member, upstream }: CredentialPlace) =>
    sql`upstream_id = ${upstream} and coalesce(member_id, '') = ${member ?? ''}`
  const all = (of: Parameters<Vault['list']>[0]) =>
    'member' in of ? sql`member_id = ${of.member}` : sql`upstream_id = ${of.upstream}`

  const find = async (place: CredentialPlace): Promise<Row | null> => {
    const key = keyOf(place)
    const known = remembered.get(key)
    if (known !== undefined) return known
    const before = generation
    const { rows } = await sql<Row>`select * from credential where ${at(place)}`.execute(db)
    const row = rows[0] ?? null
    if (before === generation) {
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(key, row)
    }
    return row
  }

  const keyOfVersion = (version: number): Uint8Array => {
    const key = keys.find(version)
    if (!key) throw new Error(`The vault has no key of version ${version}`)
    return key
  }
  const sealFor = (row: Parameters<typeof boundTo>[0], secret: string): string =>
    seal(keyOfVersion(keys.current), secret, boundTo(row))
  const unlock = (row: Row): string => unseal(keyOfVersion(row.key_version), row.sealed, boundTo(row))

  /** What nobody can read is as good as broken: whoever it belongs to gives it again, and the log says why. */
  const opened = (row: Row): OpenCredential => {
    try {
      return { ...viewOf(row), secret: unlock(row) }
    } catch (error) {
      log.error({ err: error, credential: row.id }, 'a credential can’t be opened')
      return { ...viewOf(row), secret: '', broken: 'Tandem can’t read it any more' }
    }
  }

  const removeWhere = (which: ReturnType<typeof at>, by: VaultActor): Promise<number> =>
    storage.transaction<never, number>(async (tx) => {
      const { rows } = await sql<Row>`delete from credential where ${which} returning *`.execute(tx)
      for (const row of rows) {
        await record(tx, 'credential.removed', placeOf(row), by)
        await announce(tx, placeOf(row))
      }
      return rows.length
    })

  const put = (place: CredentialPlace, given: NewCredential, by: VaultActor): Promise<Row> => {
    const { member, upstream } = place
    const { kind, secret, baseUrl, expiresAt = null } = given
    const sealed = sealFor({ member_id: member, upstream_id: upstream, kind, base_url: baseUrl }, secret)
    return storage.transaction<never, Row>(async (tx) => {
      const { rows } = await sql<Row>`
        insert into credential (id, member_id, upstream_id, kind, base_url, sealed, key_version, updated_at, expires_at)
        values (${newId('crd')}, ${member}, ${upstream}, ${kind}, ${baseUrl}, ${sealed}, ${keys.current},
          ${clock.now()}, ${expiresAt})
        on conflict (coalesce(member_id, ''), upstream_id) do update set kind = excluded.kind,
          base_url = excluded.base_url, sealed = excluded.sealed, key_version = excluded.key_version,
          updated_at = excluded.updated_at, expires_at = excluded.expires_at, broken = null,
          claimed_by = null, claimed_until = null
        returning *`.execute(tx)
      const [row] = rows
      if (!row) throw new Error('The credential was not written')
      await record(tx, 'credential.stored', place, by)
      await announce(tx, place)
      return row
    })
  }

  /** Writes what a claim's holder decided; nothing when the claim is gone. */
  const settle = (row: Row, claim: string, wanted: NewCredential | { broken: string | null }) =>
    storage.transaction<never, void>(async (tx) => {
      const held = sql`where id = ${row.id} and claimed_by = ${claim} returning id`
      const fresh =
        'broken' in wanted
          ? sql`broken = ${wanted.broken}`
          : sql`kind = ${wanted.kind}, base_url = ${wanted.baseUrl}, key_version = ${keys.current}, broken = null,
              sealed = ${sealFor({ ...row, kind: wanted.kind, base_url: wanted.baseUrl }, wanted.secret)},
              updated_at = ${clock.now()}, expires_at = ${wanted.expiresAt ?? null}`
      const done = sql`update credential set ${fresh}, claimed_by = null, claimed_until = null ${held}`
      const { rows } = await done.execute(tx)
      if (rows.length === 0) return
      if ('broken' in wanted && wanted.broken !== null && row.broken === null)
        await record(tx, 'credential.broken', placeOf(row), gateway)
      await announce(tx, placeOf(row))
    })

  const claims = createClaims({ db, clock, at })
  return {
    async view(place) {
      const row = await find(place)
      return row && viewOf(row)
    },
    async list(of) {
      const { rows } =
        await sql<Row>`select * from credential where ${all(of)} order by updated_at desc`.execute(db)
      return rows.map(viewOf)
    },
    async put(place, credential, by) {
      const row = await put(place, credential, by)
      forget(keyOf(place))
      return viewOf(row)
    },
    async open(place, addresses) {
      const row = await find(place)
      // An upstream that moved gets no key that was given for where it was.
      return row && addresses.includes(row.base_url) ? opened(row) : null
    },
    async change(place, change) {
      await claims.hold(place, async ({ row, claim, interrupted }) => {
        const now = opened(row)
        if (now.secret === '') return
        const wanted = await change(now, { interrupted })
        if (wanted) await settle(row, claim, wanted)
      })
      forget(keyOf(place))
      const row = await find(place)
      return row && opened(row)
    },
    async remove(place, by) {
      const removed = await removeWhere(at(place), by)
      forget(keyOf(place))
      return removed > 0
    },
    async removeAll(of, by) {
      const removed = await removeWhere(all(of), by)
      forget()
      return removed
    },
    rewrap: () => rewrapAll({ storage, keys, unlock, sealFor, announce, log }),
    status: () => statusOf(db, keys),
    async close() {
      leave()
    },
  }
}
