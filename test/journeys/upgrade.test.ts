import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import type { Config } from '#foundation'
import { tandemMigrations } from '#server'
import { openStorage, sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import { postgresAvailable, sharedPostgres, testClock } from '#test'
import { z } from 'zod'
import { startTandem } from '../support/tandem.ts'
import { releases } from './released/releases.ts'

const written = z.object({
  at: z.string(),
  issuer: z.string(),
  agent: z.object({ clientId: z.string(), refreshToken: z.string() }),
  tables: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))),
})
type Written = z.infer<typeof written>

const folder = mkdtempSync(join(tmpdir(), 'tandem-upgrade-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
// A server is empty at once; the embedded one takes seconds, and runs the same migrations.
const server = postgresAvailable()

describe.each(releases)('the data of $name', ({ name, upTo }) => {
  it('O4 is all there after the upgrade, its tokens and agents go on, and a second start changes nothing', async () => {
    const file = new URL(`released/${name}.json.gz`, import.meta.url)
    const { at, issuer, agent, tables } = written.parse(JSON.parse(gunzipSync(readFileSync(file)).toString()))
    const place: Partial<Config> = server
      ? { DATABASE_URL: await (await sharedPostgres()).database() }
      : { TANDEM_DATA_DIR: join(folder, name) }
    const clock = testClock(new Date(Date.parse(at) + 60_000))
    const open = async () => {
      const config = place.DATABASE_URL
        ? { databaseUrl: place.DATABASE_URL }
        : { dataDir: join(folder, name) }
      const migrations = tandemMigrations.filter((migration) => migration.name <= upTo)
      return openStorage({ config, migrations, clock, log: silentLog })
    }
    const old = await open()
    await fill(old, tables)
    await old.close()

    const start = () => startTandem({ database: 'disk', clock, config: { ...place, issuer } })
    const tandem = await start()
    const { parts } = tandem
    const db = parts.storage.db<never>()
    // Everything is in its place; what a start itself adds comes on top.
    for (const [table, rows] of Object.entries(tables)) {
      const counted = await sql<{
        count: number
      }>`select count(*)::int as count from ${sql.table(table)}`.execute(db)
      expect([table, (counted.rows[0]?.count ?? 0) >= rows.length]).toEqual([table, true])
    }
    const system = { kind: 'system', name: 'test' } as const
    const { count } = await parts.crm.records.find(system, 'company', { limit: 1, count: true })
    expect(count).toBe(tables['crm_company']?.length)
    expect(await parts.audit.verify()).toMatchObject({ broken: null })
    expect(await parts.identity.members.named('ada@acme.example')).toBeTruthy()
    const refreshed = await parts.oauth.handle(
      new Request(`${issuer}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: agent.refreshToken,
          client_id: agent.clientId,
        }),
      }),
      { ip: '127.0.0.1' },
    )
    const answer = z.object({ access_token: z.string() }).parse(await refreshed?.json())
    expect(await parts.oauth.verify(answer.access_token, `${issuer}/mcp`)).toBeTruthy()
    const before = await schemaOf(parts.storage)
    expect(before.migrations).toEqual(['0001-storage', ...tandemMigrations.map((m) => m.name)].toSorted())
    await tandem.close()
    // Closing a test's Tandem takes its directory away; a server keeps the data.
    if (!server) return
    const again = await start()
    expect(await schemaOf(again.parts.storage)).toEqual(before)
    await again.close()
  })
})

it('every migration belongs to a release or comes after the last one', () => {
  const names = tandemMigrations.map((migration) => migration.name)
  for (const { upTo } of releases) expect(names).toContain(upTo)
})

async function schemaOf({ db }: Storage) {
  const migrations = await sql<{ name: string; at: string }>`
    select name, applied_at::text as at from migration order by name`.execute(db())
  const columns = await sql<{ column: string }>`
    select table_name || '.' || column_name || ' ' || data_type as column from information_schema.columns
    where table_schema = current_schema() order by 1`.execute(db())
  return {
    migrations: migrations.rows.map(({ name }) => name),
    applied: migrations.rows.map(({ at }) => at),
    columns: columns.rows.map(({ column }) => column),
  }
}

/** Puts the rows into their tables, those that others refer to first. */
async function fill(storage: Storage, tables: Written['tables']): Promise<void> {
  const db = storage.db<never>()
  const { migration: ran = [], ...rest } = tables
  const here = await sql<{
    name: string
    checksum: string
  }>`select name, checksum from migration order by name`.execute(db)
  // A migration that was shipped is never changed.
  expect(here.rows).toEqual(
    ran
      .map(({ name, checksum }) => ({ name, checksum }))
      .toSorted((a, b) => (String(a.name) < String(b.name) ? -1 : 1)),
  )
  let waiting = Object.entries(rest)
  for (const [table] of waiting) await sql`delete from ${sql.table(table)}`.execute(db).catch(() => undefined)
  while (waiting.length > 0) {
    const failed: typeof waiting = []
    let why: unknown
    for (const [table, rows] of waiting) {
      try {
        await insert(db, table, rows)
      } catch (error) {
        why = error
        failed.push([table, rows])
      }
    }
    if (failed.length === waiting.length) throw why
    waiting = failed
  }
}

async function insert(db: Kysely<never>, table: string, rows: unknown[]) {
  const { rows: columns } = await sql<{ name: string; identity: boolean }>`
    select attname as name, attidentity <> '' as identity from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = ''`.execute(db)
  const list = sql.join(columns.map(({ name }) => sql.ref(name)))
  await sql`delete from ${sql.table(table)}`.execute(db).catch(() => undefined)
  await sql`insert into ${sql.table(table)} (${list}) overriding system value
    select ${list} from jsonb_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::jsonb)`.execute(
    db,
  )
  for (const { name } of columns.filter(({ identity }) => identity))
    await sql`select setval(pg_get_serial_sequence(${table}, ${name}), (select max(${sql.ref(name)}) from ${sql.table(table)}))`.execute(
      db,
    )
}
