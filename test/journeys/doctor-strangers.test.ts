import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createAsk } from '../../src/cli/doctor/ask.ts'
import { diagnose } from '../../src/cli/doctor/diagnose.ts'
import type { Diagnosis } from '../../src/cli/doctor/diagnose.ts'
import { doctor } from '../../src/cli/doctor/doctor.ts'
import { openTestServer } from '../support/clients.ts'
import { startSdkExample } from '../support/stranger.ts'

type Documents = { resource: Record<string, unknown>; server: Record<string, unknown> }
type Change = (documents: Documents, origin: string) => void
type Fault = (request: IncomingMessage, response: ServerResponse, origin: string) => boolean

/** A small server that does everything right, but for what a test changes. */
async function stranger(
  work: (origin: string) => Promise<void>,
  change: Change = () => {},
  fault: Fault = () => false,
) {
  const server = await openTestServer((request, response) => {
    const { origin } = server
    const { url = '/', method } = request
    const path = url.split('?')[0] ?? ''
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Allow-Headers', '*, Authorization')
    if (fault(request, response, origin)) return
    const json = (status: number, body: unknown) =>
      void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    if (method === 'OPTIONS') return void response.writeHead(204).end()
    const documents: Documents = {
      resource: { resource: `${origin}/mcp`, authorization_servers: [origin], scopes_supported: ['notes'] },
      server: {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        registration_endpoint: `${origin}/register`,
        jwks_uri: `${origin}/jwks`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: true,
      },
    }
    change(documents, origin)
    if (/^\/mcp\/?$/.test(path)) {
      const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`
      response.setHeader('WWW-Authenticate', `Bearer resource_metadata="${metadata}"`)
      return json(401, {})
    }
    if (path.startsWith('/.well-known/oauth-protected-resource')) return json(200, documents.resource)
    if (path === '/.well-known/oauth-authorization-server') return json(200, documents.server)
    if (path === '/jwks') return json(200, { keys: [{ kty: 'EC' }] })
    if (path === '/token') return json(401, { error: 'invalid_client' })
    json(404, { error: 'not_found' })
  })
  try {
    await work(server.origin)
  } finally {
    await server.close()
  }
}

const step = ({ steps }: Diagnosis, name: string) => steps.find((one) => one.step === name)
const failing = ({ clients }: Diagnosis) =>
  clients.filter(({ outcome }) => outcome === 'failed').map(({ client }) => client)
const everybody = [
  'Claude.ai',
  'ChatGPT',
  'MCP Inspector',
  'Claude Code',
  'Codex',
  'VS Code',
  'Cursor',
  'mcp-remote',
]

describe('the doctor at a stranger’s server', () => {
  it('finds nothing wrong where nothing is', () =>
    stranger(async (origin) => {
      const report = await diagnose(origin)
      expect(report.steps.filter(({ outcome }) => outcome === 'failed' || outcome === 'warning')).toEqual([])
      expect(failing(report)).toEqual([])
    }))

  const cases: [string, string[], Change | undefined, Fault?][] = [
    [
      'no registration but documents: those that know registration alone fail',
      ['MCP Inspector', 'Cursor', 'mcp-remote'],
      ({ server }) => delete server['registration_endpoint'],
    ],
    [
      'no none in the list: Claude and Codex don’t show their documents, and nobody may be a public client',
      ['MCP Inspector', 'Claude Code', 'Codex', 'Cursor'],
      ({ server }) =>
        (server['token_endpoint_auth_methods_supported'] = ['client_secret_basic', 'client_secret_post']),
    ],
    [
      'metadata about another address',
      everybody,
      ({ resource }) => (resource['resource'] = 'https://elsewhere.example/mcp'),
    ],
    [
      'an issuer spelled otherwise',
      everybody,
      ({ server }, origin) => (server['issuer'] = `${origin}/tenant`),
    ],
    [
      'PKCE that is not announced',
      everybody,
      ({ server }) => delete server['code_challenge_methods_supported'],
    ],
    [
      'metadata without CORS: only the page fails',
      ['MCP Inspector'],
      undefined,
      ({ url }, response) => {
        if (url?.startsWith('/.well-known')) response.removeHeader('Access-Control-Allow-Origin')
        return false
      },
    ],
    [
      'a GET that is not challenged: Claude looks with GET',
      ['Claude.ai'],
      undefined,
      ({ url, method }, response) => {
        if (url !== '/mcp' || method !== 'GET') return false
        response.writeHead(405).end()
        return true
      },
    ],
    [
      'a well-known address that falls over',
      everybody,
      undefined,
      ({ url }, response) => {
        if (url !== '/.well-known/oauth-authorization-server') return false
        response.writeHead(503).end()
        return true
      },
    ],
  ]
  it.each(cases)('%s', (_what, clients, change, fault) =>
    stranger(
      async (origin) => {
        const report = await diagnose(origin)
        expect(failing(report)).toEqual(clients)
        for (const one of report.clients)
          expect(typeof one.cure).toBe(one.outcome === 'failed' ? 'string' : 'undefined')
      },
      change,
      fault,
    ),
  )

  const warnings: [string, string, RegExp, Change | undefined, Fault | undefined][] = [
    [
      'offline_access in the resource’s metadata',
      'resource metadata',
      /offline_access/,
      ({ resource }) => (resource['scopes_supported'] = ['offline_access']),
      undefined,
    ],
    [
      'an authorization server that doesn’t say who it is in its answers',
      'server metadata',
      /iss/,
      ({ server }) => delete server['authorization_response_iss_parameter_supported'],
      undefined,
    ],
    [
      'a slash that is redirected',
      'first look',
      /308 to \/mcp/,
      undefined,
      ({ url }, response) => {
        if (url !== '/mcp/') return false
        response.writeHead(308, { Location: '/mcp' }).end()
        return true
      },
    ],
    [
      'endpoints that no page may use',
      'pages',
      /token endpoint/,
      undefined,
      ({ url }, response) => {
        if (url === '/token') response.removeHeader('Access-Control-Allow-Origin')
        return false
      },
    ],
  ]
  it.each(warnings)('warns about %s', (_what, name, words, change, fault) =>
    stranger(
      async (origin) => {
        const found = step(await diagnose(origin), name)
        expect(found).toMatchObject({
          outcome: 'warning',
          what: expect.stringMatching(words),
          cure: expect.any(String),
        })
      },
      change,
      fault,
    ),
  )

  it.each([
    ['a page', 200, 'text/html'],
    ['a way to a sign-in', 302, ''],
  ])('a token endpoint that answers errors with %s is a failure', (_what, status, type) =>
    stranger(
      async (origin) => expect(step(await diagnose(origin), 'token errors')?.outcome).toBe('failed'),
      undefined,
      ({ url, method }, response) => {
        if (url !== '/token' || method !== 'POST') return false
        response.writeHead(status, type ? { 'Content-Type': type } : { Location: '/login' }).end('<html>')
        return true
      },
    ),
  )
})

describe('the doctor is safe on a stranger’s server', () => {
  it('S1 does not knock at this computer’s neighbours because a public server’s metadata names them', async () => {
    const ask = createAsk('https://93.184.215.14/mcp')
    for (const url of [
      'http://127.0.0.1:9/',
      'http://169.254.169.254/latest/',
      'http://[::1]:9/',
      'http://10.0.0.1/',
    ]) {
      await expect(ask(url), url).rejects.toThrow('not an address of the public network')
    }
    await expect(ask('file:///etc/passwd')).rejects.toThrow('no http(s) address')
  })

  it('ends after a fixed number of requests, wherever it is sent', async () => {
    const server = await openTestServer((_request, response) => void response.end('{}'))
    try {
      const ask = createAsk(server.origin)
      for (let n = 0; n < 90; n++) await ask(server.origin)
      await expect(ask(server.origin)).rejects.toThrow('More than 90 requests')
    } finally {
      await server.close()
    }
  })

  it('reads the beginning of an answer that never ends', async () => {
    const server = await openTestServer((_request, response) => {
      const more = () => {
        while (response.write('x'.repeat(16_384)));
        response.once('drain', more)
      }
      more()
    })
    try {
      expect((await createAsk(server.origin)(server.origin)).text.length).toBeLessThan(1_000_000)
    } finally {
      await server.close()
    }
  })

  it('lets no escape sequence of the server through to the terminal', () =>
    stranger(
      async (origin) => {
        const written: string[] = []
        const spy = vi
          .spyOn(process.stdout, 'write')
          .mockImplementation((text) => written.push(String(text)) > 0)
        try {
          expect(await doctor([origin])).toBe(1)
        } finally {
          spy.mockRestore()
        }
        expect(written.join('')).toContain('[31mevil')
        // oxlint-disable-next-line no-control-regex -- these are what is looked for
        expect(written.join('')).not.toMatch(/[\u001b\u202e]/)
      },
      ({ resource }) => (resource['resource'] = 'https://\u001b[31mevil\u202e.example/'),
    ))
})

describe('the SDK’s own example with its deprecated router', () => {
  let example: Awaited<ReturnType<typeof startSdkExample>>
  beforeAll(async () => {
    example = await startSdkExample()
  })
  afterAll(() => example?.stop())

  it('lets agents in; the doctor names what it lacks', async () => {
    const report = await diagnose(example.endpoint, { register: true })
    expect(report.ok).toBe(true)
    const found = report.steps
      .filter(({ outcome }) => outcome === 'warning')
      .map(({ step, what }) => `${step}: ${what}`)
    expect(found).toEqual([
      'challenge: The challenge names an error although no token was sent',
      expect.stringMatching(/^resource metadata: .*oauth-protected-resource is missing/),
      'server metadata: Responses don’t carry iss',
      expect.stringMatching(/^audience: A request for another server’s tokens is not refused/),
      expect.stringMatching(/^foreign tokens: A token for another server is refused with 500/),
    ])
    // Codex may name its resource twice, as RFC 8707 §2 allows; this router takes one.
    expect(failing(report)).toEqual(['Codex'])
  })
})
