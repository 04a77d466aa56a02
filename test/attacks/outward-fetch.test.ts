import { createServer } from 'node:https'
import { connect, createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOutwardFetch, silentLog, version } from '#foundation'
import { testCertificate } from '../support/certificate.ts'
import { jsonAnswer, openTestServer } from '../support/clients.ts'

const options = { accept: 'application/json', maxBytes: 5 * 1024, timeoutMs: 3000 }
const publicAddress = '93.184.216.34'

/** The fetch as an install on the internet has it; `hosts` is its name server, and what it dials arrives here. */
function onTheInternet(hosts: Record<string, string[][]> = {}, port = 1) {
  const asked: string[] = []
  const dialled: string[] = []
  const fetch = createOutwardFetch({
    log: silentLog,
    failureFloorMs: 0,
    lookup: async (host) => {
      asked.push(host)
      const answers = hosts[host] ?? []
      return answers[Math.min(asked.length, answers.length) - 1] ?? []
    },
    dial: (address, to) => {
      dialled.push(`${address} ${to}`)
      return connect({ host: '127.0.0.1', port })
    },
  })
  const why = async (url: string) => {
    const answer = await fetch(url, options)
    return answer.status === 'unavailable' ? answer.why : 'fetched'
  }
  return { fetch, why, asked, dialled }
}

/** The fetch as an install on loopback has it. */
const fetchLocal = createOutwardFetch({ log: silentLog, allow: 'loopback', failureFloorMs: 0 })
const whyLocal = async (url: string, more: Partial<typeof options> = {}) => {
  const answer = await fetchLocal(url, { ...options, ...more })
  return answer.status === 'unavailable' ? answer.why : 'fetched'
}

let server: Awaited<ReturnType<typeof openTestServer>>
beforeAll(async () => {
  server = await openTestServer(jsonAnswer({}))
})
afterAll(() => server.close())
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
    'https://[fe80::1%25eth0]/c',
    'https://localhost/c',
  ])('S1 %s is never dialled', async (url) => {
    const { why, dialled } = onTheInternet()
    expect(await why(url)).not.toBe('fetched')
    expect(dialled).toEqual([])
  })

  it('S1 http, other ports, other schemes and user names are never dialled', async () => {
    const { why, dialled, asked } = onTheInternet({ 'app.example': [[publicAddress]] })
    for (const url of [
      'http://app.example/c',
      'https://app.example:8443/c',
      'https://app.example:22/c',
      'https://user@app.example/c',
      'ftp://app.example/c',
      'file:///etc/passwd',
      'data:application/json,{}',
      'not a url',
    ]) {
      expect(await why(url)).not.toBe('fetched')
    }
    expect([...dialled, ...asked]).toEqual([])
  })

  it('S1 the loopback exception is for literal names of this computer, not for names that lead here', async () => {
    const dialled: string[] = []
    const fetch = createOutwardFetch({
      log: silentLog,
      allow: 'loopback',
      failureFloorMs: 0,
      lookup: async () => ['127.0.0.1'],
      dial: (address, port) => {
        dialled.push(address)
        return connect({ host: '127.0.0.1', port })
      },
    })
    const port = server.port
    expect((await fetch(`http://rebind.example:${port}/c`, options)).status).toBe('unavailable')
    expect((await fetch('https://rebind.example/c', options)).status).toBe('unavailable')
    expect((await fetch(`http://127.0.0.2:${port}/c`, options)).status).toBe('unavailable')
    expect((await fetch(`http://10.0.0.1:${port}/c`, options)).status).toBe('unavailable')
    expect(dialled).toEqual([])
    expect((await fetch(`http://localhost:${port}/c`, options)).status).toBe(200)
  })
})

describe('S2 DNS', () => {
  it('S2 a name that leads to a private address is never dialled', async () => {
    const { why, dialled } = onTheInternet({ 'app.example': [['10.0.0.1']] })
    expect(await why('https://app.example/c')).toContain('10.0.0.1')
    expect(dialled).toEqual([])
  })

  it('S2 one private address among public ones refuses them all', async () => {
    const { why, dialled } = onTheInternet({ 'app.example': [[publicAddress, '8.8.8.8', '::ffff:10.0.0.1']] })
    expect(await why('https://app.example/c')).toContain('::ffff:10.0.0.1')
    expect(dialled).toEqual([])
  })

  it('S2 a name that changes its address is asked once, and the checked address is dialled', async () => {
    const { why, asked, dialled } = onTheInternet({ 'app.example': [[publicAddress], ['127.0.0.1']] })
    await why('https://app.example/c')
    expect(asked).toEqual(['app.example'])
    expect(dialled).toEqual([`${publicAddress} 443`])
  })

  it('S2 whatever was dialled, a socket connected to this computer is not spoken to', async () => {
    let bytes = 0
    const tcp = createTcpServer((socket) => {
      socket.on('data', (data) => (bytes += data.length))
      socket.on('error', () => undefined)
    })
    const { why } = onTheInternet({ 'app.example': [[publicAddress]] }, await listen(tcp))
    expect(await why('https://app.example/c')).toBe('connected to 127.0.0.1, which may not be reached')
    expect(bytes).toBe(0)
    tcp.close()
  })

  it('S2 a name without addresses, and a name server that doesn’t answer, end in time', async () => {
    expect(await onTheInternet().why('https://nowhere.example/c')).toBe('the host has no address')
    const silent = createOutwardFetch({
      log: silentLog,
      failureFloorMs: 0,
      lookup: () => new Promise<never>(() => undefined),
    })
    const answer = await silent('https://slow.example/c', { ...options, timeoutMs: 50 })
    expect(answer).toEqual({ status: 'unavailable', why: 'the name server took too long' })
  })
})

describe('S3 redirects', () => {
  it.each([301, 302, 303, 307, 308])('S3 %i is not followed', async (status) => {
    server.state.answer = (request, response) => {
      if (request.url === '/elsewhere') return void response.end('{}')
      response.writeHead(status, { Location: `${server.origin}/elsewhere` }).end()
    }
    expect(await whyLocal(`${server.origin}/c`)).toBe(`status ${status}`)
    expect(server.state.seen).toHaveLength(1)
  })
})

describe('S4 answers that are there to hurt', () => {
  it('S4 headers that trickle are cut off by the one clock', async () => {
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('X-Drip: 1\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const port = await listen(tcp)
    expect(await whyLocal(`http://127.0.0.1:${port}/c`, { timeoutMs: 200 })).toMatch(/timeout|abort/i)
    tcp.close()
  })

  it('S4 a body that trickles, and one without end, are cut off', async () => {
    server.state.answer = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(drip))
    }
    expect(await whyLocal(`${server.origin}/drip`, { timeoutMs: 200 })).toMatch(/timeout|abort/i)
    server.state.answer = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      const flood = () => {
        while (!response.destroyed && response.write(' '.repeat(4096)));
        if (!response.destroyed) response.once('drain', flood)
      }
      flood()
    }
    expect(await whyLocal(`${server.origin}/flood`)).toBe('more than 5120 bytes')
  })

  it('S4 5 KB pass and one byte more does not', async () => {
    const body = (size: number) => `"${'a'.repeat(size - 2)}"`
    server.state.answer = jsonAnswer(body(5120))
    expect(await whyLocal(`${server.origin}/fits`)).toBe('fetched')
    server.state.answer = jsonAnswer(body(5121))
    expect(await whyLocal(`${server.origin}/more`)).toBe('more than 5120 bytes')
  })

  it('S4 compressed answers are not asked for and not read, so a bomb stays packed', async () => {
    const bomb = gzipSync(' '.repeat(10 * 1024 * 1024))
    server.state.answer = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }).end(bomb)
    }
    expect(await whyLocal(`${server.origin}/bomb`)).toBe('content encoding gzip')
    expect(server.state.seen[0]?.headers['accept-encoding']).toBe('identity')
  })

  it('S4 headers without end, bytes that are no UTF-8 and bytes that are no HTTP are refused', async () => {
    server.state.answer = (_request, response) => {
      response.writeHead(200, { 'X-Long': 'a'.repeat(17 * 1024) }).end('{}')
    }
    expect(await whyLocal(`${server.origin}/headers`)).not.toBe('fetched')
    server.state.answer = (_request, response) => void response.end(Buffer.from([0xff, 0xfe]))
    expect(await whyLocal(`${server.origin}/bytes`)).not.toBe('fetched')
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('SSH-2.0-OpenSSH_9.2\r\n')
    })
    expect(await whyLocal(`http://127.0.0.1:${await listen(tcp)}/c`)).not.toBe('fetched')
    tcp.close()
  })

  it('S4 a byte order mark stays in the text for the parser to refuse', async () => {
    server.state.answer = jsonAnswer('\uFEFF{}')
    expect(await fetchLocal(`${server.origin}/bom`, options)).toMatchObject({ body: '\uFEFF{}' })
  })
})

describe('S7 validators', () => {
  it('S7 304 counts only as the answer to our validator', async () => {
    server.state.answer = (request, response) => {
      response.writeHead(request.headers['if-none-match'] === '"other"' ? 200 : 304, {
        'Cache-Control': 'max-age=9',
      })
      response.end()
    }
    expect(await whyLocal(`${server.origin}/c`)).toBe('status 304')
    const answer = await fetchLocal(`${server.origin}/c`, { ...options, etag: '"v1"' })
    expect(answer).toEqual({ status: 304, cacheControl: 'max-age=9' })
  })
})

describe('S8 amplification', () => {
  it('S8 a thousand addresses on one host cause ten fetches a minute', async () => {
    const { why, dialled } = onTheInternet({ 'victim.example': [[publicAddress]] })
    for (let n = 0; n < 1000; n++) await why(`https://victim.example/${n}`)
    expect(dialled).toHaveLength(10)
  })

  it('S8 a thousand host names of one server cause twenty fetches a minute', async () => {
    const names = Array.from({ length: 1000 }, (_, n) => `${n}.victim.example`)
    const { why, dialled } = onTheInternet(Object.fromEntries(names.map((name) => [name, [[publicAddress]]])))
    for (const name of names) await why(`https://${name}/c`)
    expect(dialled).toHaveLength(20)
  })

  it('S8 the same address asked for many times at once is fetched once', async () => {
    server.state.answer = (_request, response) => void setTimeout(() => response.end('{}'), 50)
    const all = await Promise.all(Array.from({ length: 64 }, () => fetchLocal(`${server.origin}/c`, options)))
    expect(all.every(({ status }) => status === 200)).toBe(true)
    expect(server.state.seen).toHaveLength(1)
  })

  it('S8 so many fetches run at once and no more', async () => {
    const waiting: (() => void)[] = []
    server.state.answer = (_request, response) => void waiting.push(() => void response.end('{}'))
    const all = Array.from({ length: 20 }, (_, n) => whyLocal(`${server.origin}/${n}`))
    const refused = await Promise.all(all.slice(16))
    expect(refused).toEqual(Array(4).fill('too many fetches at once'))
    const done = setInterval(() => waiting.splice(0).forEach((answer) => answer()), 10)
    expect(await Promise.all(all.slice(0, 16))).toEqual(Array(16).fill('fetched'))
    clearInterval(done)
  })
})

describe('S9 one answer for every failure', () => {
  it('S9 refused, closed, slow and missing differ in the log’s words only, and none comes before the floor', async () => {
    const floor = 300
    const fetch = createOutwardFetch({ log: silentLog, allow: 'loopback', failureFloorMs: floor })
    server.state.answer = (request, response) => {
      if (request.url === '/missing') response.writeHead(404).end()
    }
    const closed = createTcpServer()
    const port = await listen(closed)
    await new Promise((resolve) => closed.close(resolve))
    for (const url of [
      'https://10.0.0.1/refused',
      `http://127.0.0.1:${port}/closed`,
      `${server.origin}/slow`,
      `${server.origin}/missing`,
    ]) {
      // setTimeout may fire a millisecond early by performance.now; the floor is what is claimed, not a speed.
      const began = performance.now()
      const { status, ...rest } = await fetch(url, { ...options, timeoutMs: 100 })
      expect(performance.now() - began).toBeGreaterThan(floor - 5)
      expect(status).toBe('unavailable')
      expect(Object.keys(rest)).toEqual(['why'])
    }
  })
})

describe('S12 connections', () => {
  it('S12 each fetch dials anew, even when the server offers to keep the connection', async () => {
    const sockets = new Set()
    server.state.answer = (request, response) => {
      sockets.add(request.socket)
      response.writeHead(200, { Connection: 'keep-alive', 'Keep-Alive': 'timeout=60' }).end('{}')
    }
    for (let n = 0; n < 3; n++) expect(await whyLocal(`${server.origin}/${n}`)).toBe('fetched')
    expect(sockets.size).toBe(3)
  })

  it('S12 a proxy named by the environment is not used', async () => {
    const before = process.env['HTTP_PROXY']
    process.env['HTTP_PROXY'] = process.env['http_proxy'] = 'http://127.0.0.1:1'
    expect(await whyLocal(`${server.origin}/c`)).toBe('fetched')
    if (before === undefined) delete process.env['HTTP_PROXY']
    else process.env['HTTP_PROXY'] = before
    delete process.env['http_proxy']
  })
})

describe('a fetch', () => {
  it('says who asks, what it accepts and nothing else about us', async () => {
    await fetchLocal(`${server.origin}/c?q=1`, { ...options, etag: '"v1"' })
    const headers = { ...server.state.seen[0]?.headers }
    expect(server.state.seen[0]?.url).toBe('/c?q=1')
    expect(headers).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: headers['connection'],
      'user-agent': `Tandem/${version}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'if-none-match': '"v1"',
    })
  })

  it('tries the next address when one can’t be reached', async () => {
    const { why, dialled } = onTheInternet({ 'app.example': [[publicAddress, '8.8.8.8']] })
    expect(await why('https://app.example/c')).toContain('ECONNREFUSED')
    expect(dialled).toEqual([`${publicAddress} 443`, '8.8.8.8 443'])
  })

  it('trusts https only as far as its certificates go', async () => {
    const { key, cert } = testCertificate()
    const secure = createServer({ key, cert }, jsonAnswer({ secure: true }))
    const port = await listen(secure)
    const trusting = createOutwardFetch({ log: silentLog, allow: 'loopback', failureFloorMs: 0, ca: cert })
    expect(await trusting(`https://localhost:${port}/c`, options)).toMatchObject({ body: '{"secure":true}' })
    expect((await trusting(`https://127.0.0.1:${port}/c`, options)).status).toBe(200)
    // A certificate for other names, and one that nobody vouches for.
    expect((await trusting(`https://[::1]:${port}/c`, options)).status).toBe('unavailable')
    expect(await whyLocal(`https://localhost:${port}/c`)).toMatch(/self-signed|self signed/)
    secure.close()
  })
})
