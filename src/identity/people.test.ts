import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { newId } from '#foundation'
import type { MemberId } from '#foundation'
import type { Storage } from '#storage'
import { openTestStorage, testClock } from '#test'
import type { Identity } from './index.ts'
import { identityMigrations } from './index.ts'
import { createPeople } from './people.ts'
import type { IdentityTables } from './tables.ts'

const issuer = 'https://login.acme.example'
let storage: Storage
let people: Identity['people']
const ids = { ada: newId('mem'), grace: newId('mem'), linus: newId('mem'), kim: newId('mem') }

beforeAll(async () => {
  const clock = testClock()
  storage = await openTestStorage([...auditMigrations, ...identityMigrations], { clock })
  people = createPeople(storage)
  const add = (id: MemberId, name: string, active = true) =>
    storage
      .db<IdentityTables>()
      .insertInto('member')
      .values({
        id,
        name,
        email: `${name.toLowerCase()}@acme.example`,
        role: id === ids.ada ? 'administrator' : 'member',
        active,
        password_hash: null,
        created_at: clock.now(),
        password_changed_at: null,
      })
      .execute()
  const link = (member: MemberId, subject: string) =>
    storage
      .db<IdentityTables>()
      .insertInto('provider_link')
      .values({ issuer, subject, member_id: member, email: 'as@it.was', linked_at: clock.now() })
      .execute()
  await add(ids.ada, 'Ada')
  await add(ids.grace, 'Grace')
  await add(ids.kim, 'Kim')
  await add(ids.linus, 'Linus', false)
  await link(ids.ada, 'subject-of-ada')
  await link(ids.linus, 'subject-of-linus')
})
afterAll(() => storage.close())

describe('people by name', () => {
  it('are found by id, by address in any case, and by what a provider calls them', async () => {
    expect(await people.find({ member: ids.ada })).toMatchObject({ name: 'Ada', administrator: true })
    expect(await people.find({ email: 'GRACE@Acme.Example' })).toMatchObject({
      member: ids.grace,
      administrator: false,
    })
    expect(await people.find({ issuer, subject: 'subject-of-ada' })).toMatchObject({ member: ids.ada })
  })

  it('another provider’s subject of the same name is nobody', async () => {
    expect(
      await people.find({ issuer: 'https://login.mallory.example', subject: 'subject-of-ada' }),
    ).toBeNull()
    expect(await people.find({ issuer, subject: 'subject-of-grace' })).toBeNull()
  })

  it('an address doesn’t name whom the provider knows by another name already (CVE-2026-53516)', async () => {
    const unknownTo = { issuer, subject: 'new' }
    expect(await people.find({ email: 'ada@acme.example', unknownTo })).toBeNull()
    expect(await people.find({ email: 'grace@acme.example', unknownTo })).toMatchObject({ member: ids.grace })
    const another = { issuer: 'https://another.example', subject: 'new' }
    expect(await people.find({ email: 'ada@acme.example', unknownTo: another })).toMatchObject({
      member: ids.ada,
    })
  })

  it('nor does one that comes with somebody else’s account, a disabled member’s least of all (CVE-2026-53516)', async () => {
    const email = 'grace@acme.example'
    for (const subject of ['subject-of-linus', 'subject-of-ada'])
      expect(await people.find({ email, unknownTo: { issuer, subject } })).toBeNull()
  })

  it('an address that only looks like hers is nobody’s (CVE-2026-53516)', async () => {
    expect(await people.find({ email: 'KIM@acme.example' })).toMatchObject({ member: ids.kim })
    for (const email of ['\u212Aim@acme.example', 'kim@acme.example\0', ' kim@acme.example'])
      expect(await people.find({ email })).toBeNull()
  })

  it('who may not sign in is nobody, however she is named', async () => {
    for (const who of [
      { member: ids.linus },
      { email: 'linus@acme.example' },
      { issuer, subject: 'subject-of-linus' },
    ]) {
      expect(await people.find(who)).toBeNull()
    }
  })
})
