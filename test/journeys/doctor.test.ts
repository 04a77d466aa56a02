import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnose } from '../../src/cli/doctor/diagnose.ts'
import { freePort, startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

let tandem: RunningTandem
beforeAll(async () => {
  tandem = await startTandem()
})
afterAll(() => tandem.close())

const failed = async (url: string) =>
  (await diagnose(url, { register: true })).steps
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ step }) => step)

type Fault = (request: IncomingMessage, response: ServerResponse, body: string) => boolean

/** Something badly set up in front of a healthy Tandem: passes everything on under its own name, but for its fault. */
async function behind(fault: Fault, work: (origin: string) => Promise<void>): Promise<void> {
  let origin = ''
  const passOn = async (
    answer: Response,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const text = (await answer.text()).replaceAll(tandem.url, origin)
    if (fault(request, response, text)) return
    for (const [name, value] of answer.headers) {
      if (/^(content-length|transfer-encoding|connection|keep-alive|content-encoding)$/.test(name)) continue
      const own = value.replaceAll(tandem.url, origin)
      response.setHeader(name, own.replaceAll(encodeURIComponent(tandem.url), encodeURIComponent(origin)))
    }
    response.writeHead(answer.status).end(text)
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
      const body = Buffer.concat(chunks)
      fetch(
        tandem.url +
          (request.url ?? '/').replaceAll(encodeURIComponent(origin), encodeURIComponent(tandem.url)),
        {
          method: request.method ?? 'GET',
          headers: headers as Record<string, string>,
          redirect: 'manual',
          ...(body.length > 0 ? { body } : {}),
        },
      )
        .then((answer) => passOn(answer, request, response))
        .catch(() => response.writeHead(502).end())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  origin = `http://127.0.0.1:${address.port}`
  try {
    await work(origin)
  } finally {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
}

const page = (response: ServerResponse) =>
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Welcome</title>')

describe('tandem doctor', () => {
  it('finds nothing wrong with a healthy Tandem, by origin or by endpoint', async () => {
    for (const url of [tandem.url, `${tandem.url}/mcp`]) {
      const report = await diagnose(url, { register: true })
      expect(report.steps.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
      expect(report).toMatchObject({ ok: true, url: `${tandem.url}/mcp` })
    }
  })

  it('leaves nothing behind unless told to, and says what it did not try', async () => {
    const asked: string[] = []
    await behind(
      ({ method, url }) => {
        asked.push(`${method} ${url?.split('?')[0]}`)
        return false
      },
      async (origin) => {
        const { ok, steps } = await diagnose(origin)
        expect(ok).toBe(true)
        const untried = steps.filter(({ outcome }) => outcome === 'skipped').map(({ step }) => step)
        expect(untried).toEqual(['PKCE', 'audience'])
      },
    )
    expect(asked.filter((one) => /POST.*register|authorize/.test(one))).toEqual([])
    // Few enough for a stranger's server.
    expect(asked.length).toBeLessThanOrEqual(25)
  })

  it('foresees that every known client gets in at a healthy Tandem', async () => {
    const { clients } = await diagnose(tandem.url)
    expect(clients).toHaveLength(8)
    expect(clients.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
  })

  it('with --register plays each client’s registration and request through, as far as its person', async () => {
    const { clients } = await diagnose(tandem.url, { register: true })
    const dynamic = clients.filter(({ what }) => what === 'by dynamic registration')
    expect(dynamic.map(({ client, outcome }) => `${client}: ${outcome}`)).toEqual([
      'MCP Inspector: ok',
      'Cursor: ok',
      'mcp-remote: ok',
    ])
    // The others are known by documents on the internet, which tests can't reach: the cure says what that means.
    const documents = clients.filter(({ client }) => client.startsWith('Claude'))
    expect(documents.every(({ cure }) => cure?.includes('Can the server reach the document?'))).toBe(true)
  })

  it('finds nothing wrong behind a proxy that changes nothing', () =>
    behind(
      () => false,
      async (origin) => expect(await failed(origin)).toEqual([]),
    ))

  it('a server that isn’t there is named first, and nothing after it is guessed', async () => {
    const { ok, steps } = await diagnose(`http://127.0.0.1:${await freePort()}`)
    expect(ok).toBe(false)
    expect(steps[0]).toMatchObject({
      step: 'challenge',
      outcome: 'failed',
      what: expect.stringContaining('ECONNREFUSED'),
    })
    expect(steps.slice(1).every(({ outcome }) => outcome === 'skipped')).toBe(true)
  })

  const faults: [string, string, Fault][] = [
    [
      'a proxy that drops WWW-Authenticate',
      'challenge',
      ({ url }, response) => {
        if (url !== '/mcp') return false
        response.writeHead(401).end('{}')
        return true
      },
    ],
    [
      'a sign-in wall before /mcp',
      'challenge',
      ({ url }, response) => {
        if (url !== '/mcp') return false
        response.writeHead(302, { Location: '/login' }).end()
        return true
      },
    ],
    [
      'a web app that answers /.well-known',
      'resource metadata',
      ({ url }, response) => {
        if (!url?.startsWith('/.well-known/oauth-protected-resource')) return false
        page(response)
        return true
      },
    ],
    [
      'metadata about another address',
      'resource metadata',
      ({ url }, response, body) => {
        if (!url?.startsWith('/.well-known/oauth-protected-resource')) return false
        const wrong = JSON.stringify({ ...JSON.parse(body), resource: 'https://crm.example/mcp' })
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(wrong)
        return true
      },
    ],
    [
      'an issuer with a slash too many',
      'server metadata',
      ({ url }, response, body) => {
        if (!/oauth-authorization-server|openid-configuration/.test(url ?? '')) return false
        const json = JSON.parse(body)
        response
          .writeHead(200, { 'Content-Type': 'application/json' })
          .end(JSON.stringify({ ...json, issuer: `${json.issuer}/` }))
        return true
      },
    ],
    [
      'PKCE that is not announced',
      'server metadata',
      ({ url }, response, body) => {
        if (!/oauth-authorization-server|openid-configuration/.test(url ?? '')) return false
        const wrong = JSON.stringify({ ...JSON.parse(body), code_challenge_methods_supported: ['plain'] })
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(wrong)
        return true
      },
    ],
    [
      'a key set with a private key in it',
      'keys',
      ({ url }, response, body) => {
        if (!url?.includes('jwks')) return false
        const { keys } = JSON.parse(body)
        response.writeHead(200).end(JSON.stringify({ keys: [{ ...keys[0], d: 'secret' }] }))
        return true
      },
    ],
    [
      'registration that is closed',
      'registration',
      ({ url }, response) => {
        if (!url?.endsWith('/register')) return false
        response.writeHead(403, { 'Content-Type': 'application/json' }).end('{"error":"access_denied"}')
        return true
      },
    ],
    [
      'a server that lets requests without PKCE through',
      'PKCE',
      ({ url }, response) => {
        if (!url?.startsWith('/oauth/authorize') || url.includes('code_challenge')) return false
        page(response)
        return true
      },
    ],
    [
      'a server that takes anybody’s token',
      'foreign tokens',
      ({ url, headers }, response) => {
        if (url !== '/mcp' || !headers.authorization) return false
        response.writeHead(200).end('{}')
        return true
      },
    ],
  ]
  it.each(faults)('%s: the step is named, with its cure', (_what, step, fault) =>
    behind(fault, async (origin) => {
      const report = await diagnose(origin, { register: true })
      expect(report.ok).toBe(false)
      const [first] = report.steps.filter(({ outcome }) => outcome === 'failed')
      expect([first?.step, typeof first?.cure]).toEqual([step, 'string'])
    }),
  )
})
