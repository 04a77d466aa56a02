import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestClients } from '../../../test/support/clients.ts'
import type { TestClients } from '../../../test/support/clients.ts'
import type { Client } from './client.ts'
import { verifiedDomain } from './client.ts'
import { lookAlikeWarning, nameSkeleton } from './look-alike.ts'

describe('a name', () => {
  it.each([
    ['Claude', 'CLAUDE'],
    ['Claude', 'Сlaude'],
    ['Claude', 'C1aude'],
    ['Claude', 'Clаude '],
    ['Claude', 'Ｃｌａｕｄｅ'],
    ['Claude', 'Cláude'],
    ['Claude', 'C-l-a-u-d-e'],
    ['Modern', 'Modem'],
    ['Notebook', 'N0teb00k'],
  ])('%s looks like %s', (one, other) => {
    expect(nameSkeleton(other)).toBe(nameSkeleton(one))
  })

  it('does not look like another', () => {
    expect(nameSkeleton('Notebook')).not.toBe(nameSkeleton('Ledger'))
    expect(nameSkeleton('Claude')).not.toBe(nameSkeleton('Claude Code'))
  })
})

describe('the warning', () => {
  let rig: TestClients
  let trusted: Client
  beforeAll(async () => {
    rig = await openTestClients()
    const redirectUris = ['https://notebook.example/callback', 'http://localhost/callback']
    const made = await rig.clients.manager.create({ name: 'Notebook', redirectUris, confidential: false })
    const found = await rig.table.find(made.clientId)
    if (!found) throw new Error('gone')
    trusted = found
  })
  afterAll(() => rig.close())

  const warningFor = async (name: string, redirect_uris: string[]) => {
    const { body } = await rig.register({ client_name: name, redirect_uris })
    const client = await rig.table.find(String(body['client_id']))
    return client ? rig.clients.lookAlike(client) : 'gone'
  }

  it('names the trusted app that another one resembles', async () => {
    const warning = await warningFor('N0tebook', ['https://mallory.example/callback'])
    expect(warning).toContain('“Notebook”')
  })

  it('stays away for other names, and for answers that go where the trusted app’s go', async () => {
    expect(await warningFor('Ledger', ['https://ledger.example/callback'])).toBeNull()
    expect(await warningFor('Notebook', ['http://localhost:4711/callback'])).toBeNull()
    expect(await warningFor('Notebook', ['http://localhost:4711/other'])).not.toBeNull()
  })

  it('stays away from trusted apps themselves, and from names of nothing', async () => {
    const twin = { ...trusted, id: 'cli_other', redirectUris: ['https://mallory.example/'] }
    expect(lookAlikeWarning(twin, [trusted], [])).toBeNull()
    expect(lookAlikeWarning({ ...twin, registration: 'dynamic' }, [trusted], [])).toBeNull()
    const stranger: Client = { ...twin, registration: 'dynamic', approved: false }
    expect(lookAlikeWarning(stranger, [trusted], [])).not.toBeNull()
    expect(lookAlikeWarning({ ...stranger, name: '…' }, [{ ...trusted, name: '…' }], [])).toBeNull()
  })

  it('says whose domain vouches for the trusted app', () => {
    const document: Client = { ...trusted, id: 'https://app.example/c', registration: 'metadata-document' }
    const stranger: Client = {
      ...trusted,
      approved: false,
      registration: 'dynamic',
      redirectUris: ['https://m.example/'],
    }
    expect(lookAlikeWarning(stranger, [document], [])).toContain('“Notebook of app.example”')
    expect(verifiedDomain(document)).toBe('app.example')
    expect(verifiedDomain({ ...document, id: 'http://localhost:1/c' })).toBeNull()
    expect(verifiedDomain(trusted)).toBeNull()
  })
})
