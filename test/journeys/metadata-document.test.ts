import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GrantView } from '#contract'
import { trustedLocalCertificate } from '../support/certificate.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { consentingPerson } from './consenting-person.ts'
import type { ConsentingPerson } from './consenting-person.ts'
import { rememberingClient } from './remembering-client.ts'

let tandem: RunningTandem
let person: ConsentingPerson
let fetches = 0
let metadataUrl: string
const website = createServer(trustedLocalCertificate(), (_request, response) => {
  fetches++
  const document = {
    client_id: metadataUrl,
    client_name: 'Sketch',
    redirect_uris: ['http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=300' })
  response.end(JSON.stringify(document))
})
beforeAll(async () => {
  tandem = await startTandem()
  person = await consentingPerson(tandem)
  await new Promise<void>((resolve) => website.listen(0, '127.0.0.1', resolve))
  const { port } = website.address() as AddressInfo // listening on a port, not on a pipe
  metadataUrl = `https://localhost:${port}/oauth/client.json`
})
afterAll(async () => {
  website.close()
  await person?.close()
  await tandem?.close()
})

describe('a client that is known by the document at its address', () => {
  it('connects without registering, and is shown by where its document is', async () => {
    // The document names the redirect URI without a port; on this computer any port will do (RFC 8252 §7.3).
    const sketch = rememberingClient({
      name: 'Sketch',
      metadataUrl,
      redirectUri: 'http://127.0.0.1:9998/callback',
    })
    const begin = () =>
      new StreamableHTTPClientTransport(new URL('/mcp', tandem.url), { authProvider: sketch })
    const transport = begin()
    const first = new Client({ name: 'sketch', version: '1' })
    await expect(first.connect(transport)).rejects.toThrow(UnauthorizedError)
    expect(sketch.asked?.searchParams.get('client_id')).toBe(metadataUrl)
    const answer = await person.allow(sketch.asked ?? '')
    await transport.finishAuth(answer.searchParams)

    const client = new Client({ name: 'sketch', version: '1' })
    await client.connect(begin())
    const me = await client.callTool({ name: 'whoami', arguments: {} })
    expect(me.structuredContent).toMatchObject({ app: 'Sketch' })
    expect(fetches).toBe(1)
    const { body } = await (await tandem.signIn('ada')).json('GET', '/api/grants')
    const { grants } = body as { grants: GrantView[] }
    expect(grants).toMatchObject([
      {
        client: { id: metadataUrl, registration: 'metadata-document' },
        redirectHost: expect.stringContaining('127.0.0.1'),
      },
    ])
    await client.close()
  })
})
