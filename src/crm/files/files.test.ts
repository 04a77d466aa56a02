import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxFileBytes } from '#contract'
import { sql } from '#storage'
import { openAcme } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

async function* bytesOf(...parts: (string | Uint8Array)[]) {
  for (const part of parts) yield Buffer.from(part)
}
async function all(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part)
  return Buffer.concat(parts)
}

describe('files on records', () => {
  let acme: Acme
  let place: { object: string; id: string }
  beforeAll(async () => {
    acme = await openAcme()
    const made = await acme.submit({ do: 'create', object: 'company', values: { name: 'Initech' } })
    place = { object: 'company', id: made.changes[0]?.recordId ?? '' }
  })
  afterAll(() => acme.close())
  const attach = (
    who: Parameters<Acme['crm']['files']['attach']>[0],
    name: string,
    ...parts: (string | Uint8Array)[]
  ) => acme.crm.files.attach(who, place, { name, type: 'text/plain', bytes: bytesOf(...parts) })

  it('come back byte for byte, over the border of a part', async () => {
    const big = Buffer.alloc(600_000, 'Tandem\0\xff', 'latin1')
    const file = await attach(acme.grace, 'contract.bin', big.subarray(0, 100), big.subarray(100))
    expect(file).toMatchObject({ name: 'contract.bin', size: 600_000, by: 'Grace' })
    const opened = await acme.crm.files.open(acme.ada, file.id)
    expect((await all(opened.bytes)).equals(big)).toBe(true)
  })

  it('are there for who may read the record, and for nobody else', async () => {
    const file = await attach(acme.ada, 'offer.txt', 'secret')
    const outside = acme.agent({ limits: { objects: ['person'] } })
    await expect(acme.crm.files.open(outside, file.id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(acme.crm.files.list(outside, place)).rejects.toMatchObject({ code: 'not_found' })
    const reader = acme.agent({ scopes: ['crm:read'] })
    expect((await acme.crm.files.list(reader, place)).map(({ id }) => id)).toContain(file.id)
    await expect(attach(reader, 'x.txt', 'x')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(acme.crm.files.remove(reader, file.id)).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('go and come back; those of a deleted record are out of reach with it', async () => {
    const file = await attach(acme.ada, 'plan.txt', 'plan')
    await acme.crm.files.remove(acme.ada, file.id)
    await expect(acme.crm.files.open(acme.ada, file.id)).rejects.toMatchObject({ code: 'not_found' })
    await acme.crm.files.restore(acme.ada, file.id)
    expect((await all((await acme.crm.files.open(acme.ada, file.id)).bytes)).toString()).toBe('plan')
    const deleted = await acme.submit({ do: 'delete', ...place, object: 'company' })
    await expect(acme.crm.files.open(acme.ada, file.id)).rejects.toMatchObject({ code: 'not_found' })
    await acme.crm.changes.undo(acme.ada, deleted.id)
    await acme.crm.files.open(acme.ada, file.id)
  })

  it('of too many bytes, or of a name that lies, leave nothing behind', async () => {
    const count = async () =>
      (await sql<{ n: number }>`select count(*) as n from file`.execute(acme.storage.db<never>())).rows[0]?.n
    const before = await count()
    const megabyte = Buffer.alloc(1024 * 1024)
    const parts = Array.from({ length: maxFileBytes / megabyte.length + 1 }, () => megabyte)
    await expect(attach(acme.ada, 'huge.bin', ...parts)).rejects.toMatchObject({ code: 'too_large' })
    for (const name of ['../etc/passwd', 'a\u202Efdp.exe', '', 'a\nb'])
      await expect(attach(acme.ada, name, 'x')).rejects.toMatchObject({ code: 'invalid' })
    const stopped = async function* () {
      yield Buffer.from('half')
      throw new Error('the sender went away')
    }
    await expect(
      acme.crm.files.attach(acme.ada, place, { name: 'half.txt', type: '', bytes: stopped() }),
    ).rejects.toThrow('went away')
    expect(await count()).toBe(before)
  })
})
