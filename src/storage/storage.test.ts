import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '#storage'
import type { Generated, Storage } from '#storage'
import { openTestStorage, postgresAvailable, testClock } from '#test'

type Tables = { note: { id: Generated<number>; text: string; seen: number } }

const notes = {
  name: '0002-note',
  sql: `
create extension if not exists pg_trgm;
create extension if not exists unaccent;
create table note (id bigint generated always as identity primary key, text text not null, seen integer not null default 0);`,
}
const drivers: Storage['driver'][] = postgresAvailable() ? ['embedded', 'server'] : ['embedded']
const hex = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing',
    (error: unknown) => String(error),
  )

describe.each(drivers)('storage, %s', (driver) => {
  const clock = testClock()
  let storage: Storage
  const db = () => storage.db<Tables>()
  const count = async () => (await db().selectFrom('note').select('id').execute()).length

  beforeAll(async () => {
    storage = await openTestStorage([notes], { driver, clock })
  })
  afterAll(() => storage.close())

  it('reads every type as the other driver does', async () => {
    const { rows } = await sql`select
      7::int2 as small, 7::int4 as plain, 9007199254740991::int8 as safe, 9007199254740993::int8 as unsafe,
      12.50::numeric as amount, 1.5::float8 as real, true as flag, 'ä'::text as text,
      timestamptz '2026-11-21 10:00:00.123+01' as instant, date '2026-11-21' as day,
      '{"a":[1,null]}'::jsonb as json, '\\x00ff'::bytea as bytes, null::int8 as nothing,
      array['a,b', null, '"']::text[] as texts, array[1,2]::int8[] as counts, array[1.10]::numeric[] as amounts,
      array[timestamptz '2026-11-21 10:00:00+00'] as instants, '{{1,2},{3,4}}'::int[] as grid,
      interval '90 minutes' as span, '00000000-0000-4000-8000-000000000000'::uuid as uuid`.execute(db())
    const [row] = rows as Record<string, unknown>[]
    expect({ ...row, bytes: hex(row?.['bytes']) }).toEqual({
      small: 7,
      plain: 7,
      safe: 9007199254740991,
      unsafe: '9007199254740993',
      amount: '12.50',
      real: 1.5,
      flag: true,
      text: 'ä',
      instant: new Date('2026-11-21T09:00:00.123Z'),
      day: '2026-11-21',
      json: { a: [1, null] },
      bytes: '00ff',
      nothing: null,
      texts: ['a,b', null, '"'],
      counts: [1, 2],
      amounts: ['1.10'],
      instants: [new Date('2026-11-21T10:00:00Z')],
      grid: [
        [1, 2],
        [3, 4],
      ],
      span: '01:30:00',
      uuid: '00000000-0000-4000-8000-000000000000',
    })
  })

  it('takes every type as the other driver does', async () => {
    const texts = ['a,b', null, '"\\', 'ä']
    const { rows } = await sql`select
      ${5}::int as number, ${10n}::int8 as big, ${true}::bool as flag, ${'x\'y"'}::text as text, ${null}::text as nothing,
      ${new Date('2026-11-21T09:00:00.123Z')}::timestamptz as instant, ${{ a: ['\u{1f600}'] }}::jsonb as json,
      ${texts}::text[] as texts, ${[1, 2]}::int[] as numbers, ${Buffer.from([0, 255])}::bytea as bytes`.execute(
      db(),
    )
    const [row] = rows as Record<string, unknown>[]
    expect({ ...row, bytes: hex(row?.['bytes']) }).toEqual({
      number: 5,
      big: 10,
      flag: true,
      text: 'x\'y"',
      nothing: null,
      instant: new Date('2026-11-21T09:00:00.123Z'),
      json: { a: ['\u{1f600}'] },
      texts,
      numbers: [1, 2],
      bytes: '00ff',
    })
  })

  it('begins a day at midnight UTC whatever the server is set to', async () => {
    const { rows } = await sql`select (timestamptz '2026-11-21 23:30:00+00')::date as day`.execute(db())
    expect(rows).toEqual([{ day: '2026-11-21' }])
  })

  it('has trigram and accent-free search', async () => {
    const { rows } =
      await sql`select similarity('tandem', 'tandom') > 0.3 as near, unaccent('é') as plain`.execute(db())
    expect(rows).toEqual([{ near: true, plain: 'e' }])
  })

  it('tells which constraint refused a write', async () => {
    const insert = () =>
      sql`insert into note (id, text) overriding system value values (900, 'a')`.execute(db())
    await insert()
    await expect(insert()).rejects.toMatchObject({ code: '23505', constraint: 'note_pkey' })
    await expect(sql`selec`.execute(db())).rejects.toMatchObject({ code: '42601' })
  })

  it('keeps all of a transaction or nothing', async () => {
    const before = await count()
    const failing = storage.transaction<Tables, void>(async (tx) => {
      await tx.insertInto('note').values({ text: 'lost', seen: 0 }).execute()
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await count()).toBe(before)
    await storage.transaction<Tables, void>(async (tx) => {
      await tx.insertInto('note').values({ text: 'kept', seen: 0 }).execute()
    })
    expect(await count()).toBe(before + 1)
  })

  it('reports a commit that became a rollback', async () => {
    const swallowed = storage.transaction<Tables, void>(async (tx) => {
      await sql`select 1/0`.execute(tx).catch(() => {})
    })
    await expect(swallowed).rejects.toThrow('rolled back')
  })

  it('isolates transactions that run at once', async () => {
    const { id } = await db()
      .insertInto('note')
      .values({ text: 'n', seen: 0 })
      .returning('id')
      .executeTakeFirstOrThrow()
    const add = () =>
      storage.transaction<Tables, void>(async (tx) => {
        const { seen } = await tx
          .selectFrom('note')
          .select('seen')
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirstOrThrow()
        await tx
          .updateTable('note')
          .set({ seen: seen + 1 })
          .where('id', '=', id)
          .execute()
      })
    await Promise.all(Array.from({ length: 20 }, add))
    const { seen } = await db()
      .selectFrom('note')
      .select('seen')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expect(seen).toBe(20)
  })

  it('refuses `db`, and a second transaction, inside a transaction instead of waiting for ever', async () => {
    const outside = await storage.transaction<Tables, string>(() => rejection(count()))
    expect(outside).toContain('inside `transaction`')
    const nested = await storage.transaction<Tables, string>(() =>
      rejection(storage.transaction(async () => {})),
    )
    expect(nested).toContain('inside `transaction`')
  })

  it('allows `db` to what a transaction started once it has ended', async () => {
    const later = await storage.transaction<Tables, { run: Promise<number> }>(async () => ({
      run: new Promise((resolve) => setTimeout(resolve, 50)).then(count),
    }))
    expect(await later.run).toBeGreaterThan(0)
  })

  it('runs a prepared statement on after the table changed under it', async () => {
    await sql`create table shape (a int)`.execute(db())
    await sql`insert into shape values (1)`.execute(db())
    const read = () => sql`select * from shape where a = ${1}`.execute(db()).then(({ rows }) => rows)
    for (let i = 0; i < 6; i++) expect(await read()).toEqual([{ a: 1 }])
    await sql`alter table shape add column b int default 2`.execute(db())
    for (let i = 0; i < 3; i++) expect(await read()).toEqual([{ a: 1, b: 2 }])
    const inside = () =>
      storage.transaction(
        async (tx) => (await sql`select * from shape where a = ${1} limit 1`.execute(tx)).rows,
      )
    for (let i = 0; i < 4; i++) expect(await inside()).toEqual([{ a: 1, b: 2 }])
    await sql`alter table shape drop column b`.execute(db())
    expect(await inside()).toEqual([{ a: 1 }])
  })

  it('takes text that holds markup, quotes and half a surrogate pair; refuses a NUL and stays alive', async () => {
    const hostile = `'; drop table note; -- <script>`
    const { rows } = await sql`select ${hostile}::text as text`.execute(db())
    expect(rows).toEqual([{ text: hostile }])
    await expect(sql`select ${'a\0b'}::text`.execute(db())).rejects.toThrow()
    await sql`select ${'\ud800'}::text`.execute(db())
    await storage.ping()
  })

  it('counts calls at once without giving the last place twice', async () => {
    const rate = { limit: 5, window: 60 }
    const decisions = await Promise.all(
      Array.from({ length: 20 }, () => storage.rateLimiter.take('door', rate)),
    )
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(5)
    expect((await storage.rateLimiter.take('other door', rate)).allowed).toBe(true)
    clock.advance(60_001)
    expect(await storage.rateLimiter.take('door', rate)).toEqual({
      allowed: true,
      limit: 5,
      remaining: 4,
      reset: 60,
    })
  })
})
