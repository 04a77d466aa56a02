import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openTestClients, outside } from '../../test/support/clients.ts'
import { readPinnedDocuments, withPinnedDocuments } from './pinned-documents.ts'

const folder = mkdtempSync(join(tmpdir(), 'tandem-pins-'))
afterAll(() => rmSync(folder, { recursive: true }))
const url = 'https://agent.example/client.json'
const document = {
  client_id: url,
  client_name: 'Agent',
  redirect_uris: ['https://agent.example/callback'],
  token_endpoint_auth_method: 'none',
}
const file = (content: unknown) => {
  const path = join(folder, 'documents.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('pinned documents', () => {
  it('are used in place of the network, which others still go to', async () => {
    const fetched: string[] = []
    const rig = await openTestClients({
      fetchDocument: withPinnedDocuments(readPinnedDocuments(file({ [url]: document })), async (address) => {
        fetched.push(address)
        return { status: 'unavailable', why: 'no network here' }
      }),
    })
    const find = (id: string) => rig.clients.find(id, { at: 'authorize', ip: outside })
    expect(await find(url)).toMatchObject({ found: 'client', client: { name: 'Agent', id: url } })
    expect((await find('https://other.example/client.json')).found).toBe('unavailable')
    expect(fetched).toEqual(['https://other.example/client.json'])
    await rig.close()
  })

  it('are read by the same rules as fetched ones', async () => {
    const secret = { ...document, client_secret: 'x' }
    const pinned = readPinnedDocuments(file({ [url]: secret }))
    const unreachable = async () => ({ status: 'unavailable' as const, why: 'no network here' })
    const rig = await openTestClients({ fetchDocument: withPinnedDocuments(pinned, unreachable) })
    const found = await rig.clients.find(url, { at: 'authorize', ip: outside })
    expect(found).toMatchObject({ found: 'refused', why: expect.stringContaining('client secret') })
    await rig.close()
  })

  it.each([
    ['no JSON', '{'],
    ['a list', []],
    ['an address that isn’t https', { 'http://agent.example/client.json': document }],
    ['a document of another address', { 'https://mallory.example/client.json': document }],
  ])('with %s are refused at the start', (_, content) => {
    expect(() => readPinnedDocuments(file(content))).toThrow('documents.json')
  })

  it('may be key sets', () => {
    expect(readPinnedDocuments(file({ 'https://agent.example/jwks': { keys: [] } })).size).toBe(1)
  })
})
