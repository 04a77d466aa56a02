import { createServer } from 'node:https'
import { connect, createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOutwardClient, upstreamRule } from '#foundation'
import type { OutwardClientDependencies } from '#foundation'
import { testCertificate } from '../support/certificate.ts'
import { jsonAnswer, openTestServer } from '../support/clients.ts'

const publicAddress = '93.184.216.34'

/** The client as an install on the internet has it; `hosts` is its name server, and what it dials arrives here. */
function onTheInternet(
  hosts: Record<string, string[][]> = {},
  { listed = [], port = 1 }: { listed?: string[]; port?: number } = {},
) {
  const asked: string[] = []
  const dialled: string[] = []
  const client = createOutwardClient({
    rule: upstreamRule(listed, false),
    lookup: async (host) => {
      asked.push(host)
      const answers = hosts[host] ?? []
      return answers[Math.min(asked.filter((one) => one === host).length, answers.length) - 1] ?? []
    },
    dial: (address, to) => {
      dialled.push(`${address} ${to}`)
      return connect({ host: '127.0.0.1', port })
    },
  })
  return { client, why: whyOf(client), asked, dialled }
}
type Client = ReturnType<typeof createOutwardClient>

const whyOf = (client: Client) => async (url: string) => {
  try {
    const { statusCode, body } = await client.request(url, {
      method: 'GET',
      signal: AbortSignal.timeout(5000),
    })
    await body.dump()
    return `status ${statusCode}`
  } catch (error) {
    return error instanceof Error
      ? `${error.name} ${'code' in error ? String(error.code) : ''} ${error.message}`
      : ''
  }
}

/** The client as an install on this computer has it. */
const onLoopback = (more: Partial<OutwardClientDependencies> = {}) =>
  createOutwardClient({ rule: upstreamRule([], true), ...more })

let server: Awaited<ReturnType<typeof openTestServer>>
const open: Client[] = []
const local = (more: Partial<OutwardClientDependencies> = {}) => {
  const client = onLoopback(more)
  open.push(client)
  return client
}
beforeAll(async () => {
  server = await openTestServer(jsonAnswer({}))
})
afterAll(async () => {
  for (const client of open) await client.close()
  await server.close()
})
beforeEach(() => {
  server.state.seen.length = 0
  server.state.answer = jsonAnswer({})
})
const listen = async (tcp: Server) => {
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  return (tcp.address() as AddressInfo).port
}

describe('S1 special-use addresses', () => {
  it.each([
    'https://127.0.0.1/c',
    'https://127.1/c',
    'https://0177.0.0.1/c',
    'https://0x7f000001/c',
    'https://2130706433/c',
    'https://0.0.0.0/c',
    'https://10.0.0.1/c',
    'https://172.16.0.1/c',
    'https://192.168.0.1/c',
    'https://100.64.0.1/c',
    'https://169.254.169.254/latest/meta-data',
    'https://[::]/c',
    'https://[::1]/c',
    'https://[::ffff:127.0.0.1]/c',
    'https://[64:ff9b::7f00:1]/c',
    'https://[2002:7f00:1::]/c',
    'https://[2001::1]/c',
    'https://[fc00::1]/c',
    'https://[fe80::1]/c',
    'https://localhost/c',
    'http://app.example/c',
    'https://user@app.example/c',
    'ftp://app.example/c',
    'file:///etc/passwd',
    'not a url',
  ])('S1 %s is never dialled, nor fetched, nor found in order', async (url) => {
    const { client, why, dialled } = onTheInternet({ 'app.example': [[publicAddress]] })
    expect(await why(url)).not.toContain('status')
    await expect(client.fetch(url)).rejects.toThrow()
    await expect(client.check(url)).rejects.toThrow()
    expect(dialled).toEqual([])
  })

  it('S1 what the operator listed may be reached, and nothing beside it', async () => {
    const { why, dialled } = onTheInternet(
      { 'tool.internal': [['10.1.2.3']], 'other.internal': [['10.1.2.4']] },
      { listed: ['tool.internal', '192.168.7.0/24'] },
    )
    expect(await why('https://other.internal/c')).toContain('10.1.2.4')
    expect(await why('https://192.168.8.1/c')).toContain('192.168.8.1')
    expect(dialled).toEqual([])
    await why('http://tool.internal:8080/c')
    await why('http://192.168.7.9/c')
    expect(dialled).toEqual(['10.1.2.3 8080', '192.168.7.9 80'])
  })

  it('S1 a listed name that leads to the cloud’s metadata is refused', async () => {
    const { why, dialled } = onTheInternet(
      { 'tool.internal': [['169.254.169.254']] },
      { listed: ['tool.internal'] },
    )
    expect(await why('http://tool.internal/latest')).toContain('169.254.169.254')
    expect(dialled).toEqual([])
  })
})

describe('S2 DNS', () => {
  it('S2 a name that leads to a private address is never dialled, nor one of which a single address is', async () => {
    const { why, dialled } = onTheInternet({
      'app.example': [['10.0.0.1']],
      'mixed.example': [[publicAddress, '::ffff:10.0.0.1']],
    })
    expect(await why('https://app.example/c')).toContain('10.0.0.1')
    expect(await why('https://mixed.example/c')).toContain('::ffff:10.0.0.1')
    expect(dialled).toEqual([])
  })

  it('S2 a name that changes its address is asked and checked at each dial', async () => {
    const { why, asked, dialled } = onTheInternet({ 'app.example': [[publicAddress], ['127.0.0.1']] })
    await why('https://app.example/c')
    expect(await why('https://app.example/c')).toContain('127.0.0.1')
    expect(asked).toEqual(['app.example', 'app.example'])
    expect(dialled).toEqual([`${publicAddress} 443`])
  })

  it('S2 whatever was dialled, a socket connected to this computer is not spoken to', async () => {
    let bytes = 0
    const tcp = createTcpServer((socket) => {
      socket.on('data', (data) => (bytes += data.length))
      socket.on('error', () => undefined)
    })
    const port = await listen(tcp)
    const { why } = onTheInternet({ 'app.example': [[publicAddress]] }, { port })
    expect(await why('https://app.example/c')).toContain('connected to 127.0.0.1, which may not be reached')
    expect(bytes).toBe(0)
    tcp.close()
  })
})

describe('S3 redirects', () => {
  it.each([301, 302, 303, 307, 308])(
    'S3 %i is an answer like any other: nobody follows it',
    async (status) => {
      server.state.answer = (request, response) => {
        if (request.url === '/elsewhere') return void response.end('{}')
        response.writeHead(status, { Location: `${server.origin}/elsewhere` }).end()
      }
      const client = local()
      expect(await whyOf(client)(`${server.origin}/c`)).toBe(`status ${status}`)
      const headers = { Authorization: 'Bearer secret' }
      expect((await client.fetch(`${server.origin}/c`, { headers, redirect: 'follow' })).status).toBe(status)
      expect(server.state.seen.map(({ url }) => url)).toEqual(['/c', '/c'])
    },
  )
})

describe('S4 answers that are there to hurt', () => {
  it('S4 headers that trickle or never end are cut off', async () => {
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('X-Drip: 1\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const port = await listen(tcp)
    const asking = local().request(`http://127.0.0.1:${port}/c`, {
      method: 'GET',
      signal: AbortSignal.timeout(200),
    })
    await expect(asking).rejects.toThrow(/timeout|abort/i)
    tcp.close()
    server.state.answer = (_request, response) => {
      response.writeHead(200, { 'X-Long': 'a'.repeat(17 * 1024) }).end('{}')
    }
    expect(await whyOf(local())(`${server.origin}/c`)).toContain('HEADERS_OVERFLOW')
  })

  it('S4 a server that takes the connection and says nothing to TLS is given up', async () => {
    const tcp = createTcpServer((socket) => socket.on('error', () => undefined))
    const port = await listen(tcp)
    expect(await whyOf(local({ connectTimeoutMs: 100 }))(`https://127.0.0.1:${port}/c`)).not.toContain(
      'status',
    )
    tcp.close()
  })
})

describe('S8 amplification', () => {
  it('S8 so many connections go to one origin and no more', async () => {
    const sockets = new Set()
    server.state.answer = (request, response) => {
      sockets.add(request.socket)
      setTimeout(() => response.end('{}'), 5)
    }
    const why = whyOf(local({ connections: 4 }))
    const all = await Promise.all(Array.from({ length: 40 }, (_, n) => why(`${server.origin}/${n}`)))
    expect(all.every((one) => one === 'status 200')).toBe(true)
    expect(sockets.size).toBe(4)
  })
})

describe('S12 connections', () => {
  it('S12 a connection that is kept serves the origin it was checked for and no other', async () => {
    const sockets: unknown[] = []
    server.state.answer = (request, response) => {
      sockets.push(request.socket)
      response.end('{}')
    }
    const client = local({ connections: 1 })
    const why = whyOf(client)
    for (const host of ['127.0.0.1', 'localhost']) {
      for (let n = 0; n < 3; n++) expect(await why(`http://${host}:${server.port}/c`)).toBe('status 200')
    }
    expect(new Set(sockets.slice(0, 3)).size).toBe(1)
    expect(new Set(sockets).size).toBe(2)
  })

  it('S12 a connection stands longer than it may take to make one', async () => {
    const sockets = new Set()
    server.state.answer = (request, response) => {
      sockets.add(request.socket)
      setTimeout(() => response.end('{}'), 150)
    }
    const why = whyOf(local({ connectTimeoutMs: 50, connections: 1 }))
    expect(await why(`${server.origin}/c`)).toBe('status 200')
    expect(await why(`${server.origin}/c`)).toBe('status 200')
    expect(sockets.size).toBe(1)
  })

  it('S12 a proxy named by the environment is not used', async () => {
    const before = process.env['HTTP_PROXY']
    process.env['HTTP_PROXY'] = process.env['http_proxy'] = 'http://127.0.0.1:1'
    expect(await whyOf(local())(`${server.origin}/c`)).toBe('status 200')
    if (before === undefined) delete process.env['HTTP_PROXY']
    else process.env['HTTP_PROXY'] = before
    delete process.env['http_proxy']
  })

  it('S12 https is trusted only as far as its certificates go, for the name that was asked', async () => {
    const { key, cert } = testCertificate()
    const secure = createServer({ key, cert }, jsonAnswer({ secure: true }))
    const port = await listen(secure)
    const trusting = whyOf(local({ ca: cert }))
    expect(await trusting(`https://localhost:${port}/c`)).toBe('status 200')
    expect(await trusting(`https://[::1]:${port}/c`)).not.toContain('status')
    expect(await whyOf(local())(`https://127.0.0.1:${port}/c`)).toMatch(/self-signed|self signed/)
    secure.close()
    secure.closeAllConnections()
  })
})
