import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import { openStorage, sql } from '#storage'
import { openTestStorage, testClock } from '#test'

const migrations = [{ name: '0002-pair', sql: 'create table pair (a integer not null, b integer not null);' }]
const folder = mkdtempSync(join(tmpdir(), 'tandem-copy-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const open = (dataDir: string) =>
  openStorage({ config: { dataDir }, migrations, clock: testClock(), log: silentLog })
type Tables = { pair: { a: number; b: number } }

it('a copy made while others write holds whole transactions alone, and all that were committed before', async () => {
  const storage = await open(join(folder, 'data'))
  const write = (n: number) =>
    storage.transaction<Tables, void>(async (tx) => {
      await sql`insert into pair values (${n}, 0)`.execute(tx)
      await sql`update pair set b = ${n} where a = ${n}`.execute(tx)
    })
  for (let n = 1; n <= 20; n++) await write(n)
  const during = Array.from({ length: 60 }, (_, at) => write(100 + at))
  const copy = join(folder, 'copy')
  mkdirSync(copy)
  await storage.copyTo(join(copy, 'postgres'))
  await Promise.all(during)
  await expect(storage.copyTo(join(copy, 'postgres'))).rejects.toThrow('could not be copied')
  expect((await storage.figures()).statements.errors).toBe(0)
  await storage.close()

  const copied = await open(copy)
  const { rows } = await sql<{ a: number; b: number }>`select a, b from pair order by a`.execute(copied.db())
  expect(rows.filter(({ a, b }) => a !== b)).toEqual([])
  expect(rows.slice(0, 20).map(({ a }) => a)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1))
  await copied.close()
})

it('a database in memory can’t be copied, and goes on', async () => {
  const storage = await openTestStorage(migrations)
  await expect(storage.copyTo(join(folder, 'memory'))).rejects.toThrow('it is in memory')
  await storage.ping()
  await storage.close()
})

it('figures count statements, errors and who waits', async () => {
  const storage = await openTestStorage(migrations)
  const before = (await storage.figures()).statements
  await expect(sql`select nothing from nowhere`.execute(storage.db())).rejects.toThrow()
  const after = await storage.figures()
  expect(after.statements).toMatchObject({ count: before.count + 1, errors: before.errors + 1 })
  expect(after.outboxWaiting).toBe(0)
  await storage.close()
})
