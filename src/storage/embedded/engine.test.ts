import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import type { Backend } from '../backend.ts'
import { openEmbedded } from './open-embedded.ts'
import { Statements } from './statements.ts'

describe('the embedded database', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tandem-engine-'))
  const fileSystem = new URL('./failing-disk.fixture.ts', import.meta.url).href
  const endless = 'select count(*) from generate_series(1, 100000000000)'
  let database: Backend
  const run = async (sql: string, parameters: unknown[] = []) =>
    (await (await database.connect()).run(sql, parameters)).rows
  const ids = async () =>
    (await run('select id from entry order by id')).map((row) => (row as { id: number }).id)

  beforeAll(async () => {
    database = await openEmbedded({ dataDir, fileSystem, statementMs: 3000, idleMs: 300, log: silentLog })
    await database.unhurried(() => run('create table entry (id integer primary key)'))
  }, 120_000)
  afterAll(async () => {
    await database.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it(
    'ends a statement over its time; those that wait go on, what was committed is there',
    { timeout: 120_000 },
    async () => {
      await run('insert into entry values (1)')
      const slow = expect(run(endless)).rejects.toMatchObject({ code: '57014' })
      const waiting = run('insert into entry values (2) returning id')
      await slow
      expect(await waiting).toEqual([{ id: 2 }])
      expect(await ids()).toEqual([1, 2])
    },
  )

  it('rolls back the transaction whose statement went over its time', { timeout: 120_000 }, async () => {
    const line = await database.connect()
    await line.begin('begin')
    await line.run('insert into entry values (10)', [])
    await expect(line.run(endless, [])).rejects.toMatchObject({ code: '57014' })
    await expect(line.run('select 1', [])).rejects.toMatchObject({ code: '57P01' })
    await line.end('rollback')
    expect(await ids()).not.toContain(10)
  })

  it(
    'O5 acknowledges nothing that the disk refused to keep, and recovers',
    { timeout: 120_000 },
    async () => {
      writeFileSync(join(dataDir, 'refuse'), '')
      await expect(run('insert into entry values (20)')).rejects.toMatchObject({ code: '08007' })
      expect(await run('insert into entry values (21) returning id')).toEqual([{ id: 21 }])
    },
  )

  it('ends a transaction that does nothing while others wait', { timeout: 120_000 }, async () => {
    const line = await database.connect()
    await line.begin('begin')
    await line.run('insert into entry values (30)', [])
    expect(await ids()).not.toContain(30)
    await expect(line.run('select 1', [])).rejects.toMatchObject({ code: '25P03' })
    await expect(line.end('commit')).rejects.toMatchObject({ code: '25P03' })
  })

  it('answers what was asked before it closes, and nothing after', { timeout: 120_000 }, async () => {
    const line = await database.connect()
    const asked = Array.from({ length: 20 }, (_, i) => line.run('insert into entry values ($1)', [100 + i]))
    await database.close()
    expect(await Promise.all(asked)).toHaveLength(20)
    await expect(run('select 1')).rejects.toThrow('closed')
    database = await openEmbedded({ dataDir, log: silentLog })
    expect((await ids()).filter((id) => id >= 100)).toHaveLength(20)
  })
})

describe('prepared statements', () => {
  it('are kept for what is asked again, and the oldest is let go', () => {
    const statements = new Statements(2)
    expect(statements.use('a').prepare).toBe(false)
    const again = statements.use('a')
    expect(again.prepare).toBe(true)
    again.statement.state = 'ready'
    expect(statements.use('a')).toMatchObject({ prepare: false, statement: { state: 'ready' } })
    expect(statements.use('b').evicted).toBeUndefined()
    expect(statements.use('c').evicted).toBe(again.statement.name)
  })
})
