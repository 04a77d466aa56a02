import { newId, seal, unseal } from '#foundation'
import type { Clock, Id, Log, MemberId } from '#foundation'
import { sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import type { VaultKeys } from './keys.ts'
import type {
  CredentialKind,
  CredentialPlace,
  CredentialView,
  NewCredential,
  OpenCredential,
  Vault,
  VaultActor,
} from './vault.ts'

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

type Row = {
  id: Id<'crd'>
  member_id: MemberId | null
  upstream_id: string
  kind: CredentialKind
  base_url: string
  sealed: string
  key_version: number
  updated_at: Date
  expires_at: Date | null
  broken: string | null
}

const changed = 'credential.changed'
const maxRemembered = 10_000
const portion = 100

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

  const at = ({ member, upstream }: CredentialPlace) =>
    sql`upstream_id = ${upstream} and coalesce(member_id, '') = ${member ?? ''}`

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

  const unlock = (row: Row): OpenCredential => {
    const key = keys.find(row.key_version)
    if (!key) throw new Error(`the vault has no key of version ${row.key_version}`)
    return { ...viewOf(row), secret: unseal(key, row.sealed, boundTo(row)) }
  }

  const write = async (tx: Kysely<never>, place: CredentialPlace, given: NewCredential): Promise<Row> => {
    const version = keys.current
    const key = keys.find(version)
    if (!key) throw new Error(`the vault has no key of version ${version}`)
    const plain = {
      member_id: place.member,
      upstream_id: place.upstream,
      kind: given.kind,
      base_url: given.baseUrl,
    }
    const sealed = seal(key, given.secret, boundTo(plain))
    const { rows } = await sql<Row>`
      insert into credential (id, member_id, upstream_id, kind, base_url, sealed, key_version, updated_at, expires_at)
      values (${newId('crd')}, ${place.member}, ${place.upstream}, ${given.kind}, ${given.baseUrl}, ${sealed},
        ${version}, ${clock.now()}, ${given.expiresAt ?? null})
      on conflict (coalesce(member_id, ''), upstream_id) do update set kind = excluded.kind,
        base_url = excluded.base_url, sealed = excluded.sealed, key_version = excluded.key_version,
        updated_at = excluded.updated_at, expires_at = excluded.expires_at, broken = null
      returning *`.execute(tx)
    const [row] = rows
    if (!row) throw new Error('the credential was not written')
    await storage.publish(tx, changed, { place: keyOf(place) })
    return row
  }

  const removeWhere = (which: ReturnType<typeof at>, by: VaultActor): Promise<number> =>
    storage.transaction<never, number>(async (tx) => {
      const { rows } = await sql<Row>`delete from credential where ${which} returning *`.execute(tx)
      for (const row of rows) {
        const place = placeOf(row)
        await record(tx, 'credential.removed', place, by)
        await storage.publish(tx, changed, { place: keyOf(place) })
      }
      return rows.length
    })

  return {
    async view(place) {
      const row = await find(place)
      return row && viewOf(row)
    },
    async list(of) {
      const which = 'member' in of ? sql`member_id = ${of.member}` : sql`upstream_id = ${of.upstream}`
      const { rows } =
        await sql<Row>`select * from credential where ${which} order by updated_at desc`.execute(db)
      return rows.map(viewOf)
    },
    async put(place, credential, by) {
      const row = await storage.transaction<never, Row>(async (tx) => {
        const written = await write(tx, place, credential)
        await record(tx, 'credential.stored', place, by)
        return written
      })
      forget(keyOf(place))
      return viewOf(row)
    },
    async open(place, baseUrl) {
      const row = await find(place)
      // An upstream that moved gets no key that was given for where it was.
      return row && row.base_url === baseUrl ? unlock(row) : null
    },
    async change(place, change) {
      const row = await storage.transaction<never, Row | null>(async (tx) => {
        const { rows } = await sql<Row>`select * from credential where ${at(place)} for update`.execute(tx)
        const now = rows[0]
        if (!now) return null
        const wanted = await change(unlock(now))
        if (!wanted) return now
        if (!('broken' in wanted)) return write(tx, place, wanted)
        const by: VaultActor = { kind: 'system', name: 'gateway' }
        await sql`update credential set broken = ${wanted.broken} where id = ${now.id}`.execute(tx)
        await record(tx, 'credential.broken', place, by)
        await storage.publish(tx, changed, { place: keyOf(place) })
        return { ...now, broken: wanted.broken }
      })
      forget(keyOf(place))
      return row && unlock(row)
    },
    async remove(place, by) {
      const removed = await removeWhere(at(place), by)
      forget(keyOf(place))
      return removed > 0
    },
    async removeAll(of, by) {
      const which = 'member' in of ? sql`member_id = ${of.member}` : sql`upstream_id = ${of.upstream}`
      const removed = await removeWhere(which, by)
      forget()
      return removed
    },
    async rewrap() {
      let rewrapped = 0
      let unreadable = 0
      let after = ''
      for (;;) {
        const { rows } = await sql<Row>`select * from credential where key_version <> ${keys.current}
          and id > ${after} order by id limit ${portion}`.execute(db)
        if (rows.length === 0) return { rewrapped, unreadable }
        after = rows.at(-1)?.id ?? after
        for (const row of rows) {
          const done = await rewrapOne(row.id).catch((error: unknown) => {
            log.error({ err: error, credential: row.id }, 'a credential can’t be sealed again')
            return false
          })
          if (done) rewrapped++
          else unreadable++
        }
      }
    },
    async close() {
      leave()
    },
  }

  function rewrapOne(id: Row['id']): Promise<boolean> {
    return storage.transaction<never, boolean>(async (tx) => {
      const { rows } = await sql<Row>`select * from credential where id = ${id} for update`.execute(tx)
      const [row] = rows
      const key = keys.find(keys.current)
      // Gone or changed meanwhile: nothing is left to do.
      if (!row || row.key_version === keys.current) return true
      if (!key) return false
      const sealed = seal(key, unlock(row).secret, boundTo(row))
      await sql`update credential set sealed = ${sealed}, key_version = ${keys.current} where id = ${id}`.execute(
        tx,
      )
      await storage.publish(tx, changed, { place: keyOf(placeOf(row)) })
      return true
    })
  }
}

/** Additional data: a row copied to another person, upstream or address doesn't open. */
function boundTo(row: Pick<Row, 'member_id' | 'upstream_id' | 'kind' | 'base_url'>): string {
  return JSON.stringify(['credential', row.member_id, row.upstream_id, row.kind, row.base_url])
}

function keyOf({ member, upstream }: CredentialPlace): string {
  return `${member ?? ''} ${upstream}`
}

function placeOf(row: Row): CredentialPlace {
  return { member: row.member_id, upstream: row.upstream_id }
}

function viewOf(row: Row): CredentialView {
  return {
    ...placeOf(row),
    kind: row.kind,
    baseUrl: row.base_url,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    broken: row.broken,
  }
}
