import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { SetupError, silentLog, systemClock } from '#foundation'
import { openStorage, sql } from '#storage'
import type { Migration, Storage } from '#storage'
import { postgresAvailable, sharedPostgres } from '#test'

const first: Migration = {
  name: '0002-first',
  sql: 'create table first (id int); insert into first values (1), (2)',
}
const second: Migration = { name: '0003-second', sql: 'create table second (id int)' }
const broken: Migration = {
  name: '0003-broken',
  sql: 'delete from first; create table half (id int); select no_such_function()',
}

const cleanUps: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function place(driver: Storage['driver']): Promise<{ dataDir: string } | { databaseUrl: string }> {
  if (driver === 'server') return { databaseUrl: await (await sharedPostgres()).database() }
  const dataDir = mkdtempSync(join(tmpdir(), 'tandem-migrate-'))
  cleanUps.push(() => rmSync(dataDir, { recursive: true, force: true }))
  return { dataDir }
}

async function open(
  config: Parameters<typeof openStorage>[0]['config'],
  migrations: Migration[],
): Promise<Storage> {
  const storage = await openStorage({ config, migrations, clock: systemClock, log: silentLog })
  cleanUps.push(() => storage.close())
  return storage
}

const drivers: Storage['driver'][] = postgresAvailable() ? ['embedded', 'server'] : ['embedded']

describe.each(drivers)('migrations, %s', (driver) => {
  it(
    'stop the start and leave the data as it was when one fails; the next version goes on',
    { timeout: 120_000 },
    async () => {
      const config = await place(driver)
      await (await open(config, [first])).close()

      const failing = open(config, [first, broken])
      await expect(failing).rejects.toThrow(SetupError)
      await expect(failing).rejects.toThrow(/0003-broken failed: .*no_such_function.*as it was before/)

      // A version that doesn't know an applied migration is older than the data.
      await expect(open(config, [])).rejects.toThrow(/newer Tandem.*0002-first/)
      const edited = { ...first, sql: `${first.sql} ` }
      await expect(open(config, [edited])).rejects.toThrow(/0002-first is not the one/)

      const storage = await open(config, [second, first])
      const rows = async (text: string) => (await sql.raw(text).execute(storage.db())).rows
      expect(await rows('select id from first order by id')).toEqual([{ id: 1 }, { id: 2 }])
      expect(await rows("select to_regclass('half') as half, to_regclass('second')::text as second")).toEqual(
        [{ half: null, second: 'second' }],
      )
      expect(await rows('select name from migration order by name')).toEqual(
        ['0001-storage', '0002-first', '0003-second'].map((name) => ({ name })),
      )
    },
  )
})

describe.skipIf(!postgresAvailable())('migrations, several processes', () => {
  it('run once when all start at the same moment', async () => {
    const config = await place('server')
    const storages = await Promise.all(Array.from({ length: 5 }, () => open(config, [first, second])))
    const { rows } = await sql`select count(*) as rows from first`.execute(storages[0]?.db() ?? expect.fail())
    expect(rows).toEqual([{ rows: 2 }])
  })

  it('says why DATABASE_URL leads nowhere, without its password', async () => {
    const failing = open({ databaseUrl: 'postgresql://ada:hunter2@127.0.0.1:1/nowhere' }, [])
    await expect(failing).rejects.toThrow(/DATABASE_URL.*ECONNREFUSED/)
    await expect(failing).rejects.not.toThrow(/hunter2/)
  })
})
