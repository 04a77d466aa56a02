import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { callTool } from '../support/connect-agent.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, ConnectedAgent, RunningTandem } from '../support/tandem.ts'
import { legacyMessage, markOf, modernCall, startTestUpstream } from '../support/test-upstream.ts'
import type { TestUpstream } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'

let tandem: RunningTandem
let upstream: TestUpstream
let elsewhere: TestUpstream
let ada: Browser
let grace: Browser
let adas: ConnectedAgent
let graces: ConnectedAgent
let box: string
const log: string[] = []
const adasKey = 'key-of-ada-SPPWXQ'
const gracesKey = 'key-of-grace-LMVZRT'

const connect = (browser: Browser, more: object = {}) =>
  tandem.connectAgent({ browser, resource: box, ...more })
const keep = async (browser: Browser, apiKey: string) => {
  const { status, body } = await browser.json('POST', '/api/keys', { upstream: 'box', apiKey })
  if (status !== 200) throw new Error(JSON.stringify(body))
}
beforeAll(async () => {
  const write = (...parts: unknown[]) =>
    void log.push(
      JSON.stringify(parts, (_, value: unknown) =>
        value instanceof Error ? [value.message, value.stack, value.cause] : value,
      ),
    )
  const levels = { error: write, warn: write, info: write, debug: write, trace: write, fatal: write }
  tandem = await startTandem({ log: { ...levels, level: 'trace', child: () => levels } as never })
  upstream = await startTestUpstream()
  elsewhere = await startTestUpstream()
  box = `${tandem.url}/mcp/box`
  ada = await tandem.signIn('ada')
  grace = await tandem.signIn('grace')
  const auth = { kind: 'key' as const }
  await addUpstream(
    tandem,
    { kind: 'http', name: 'box', url: upstream.url, auth },
    { browser: ada, credential: adasKey },
  )
  await addUpstream(tandem, { kind: 'http', name: 'box-two', url: elsewhere.url }, { browser: ada })
  await keep(grace, gracesKey)
  adas = await connect(ada)
  graces = await connect(grace)
})
afterAll(async () => {
  await tandem?.close()
  await upstream?.close()
  await elsewhere?.close()
})
beforeEach(async () => {
  upstream.answer = null
  // One call that goes well: failures of the test before don't add up to a rest.
  await (await who(adas.accessToken)).text()
  upstream.seen.length = 0
  elsewhere.seen.length = 0
})

const who = (token: string, headers: Record<string, string> = {}) =>
  modernCall(box, token, 'tools/call', { name: 'who', arguments: {} }, { headers })
const lastSeen = () => {
  const last = upstream.seen.at(-1)
  if (!last) throw new Error('nothing reached the upstream')
  return last
}

describe('G1 audience', () => {
  it('G1 a token for Tandem, for another upstream or for none of them is refused, and nothing is called', async () => {
    const forTandem = await tandem.connectAgent({ browser: ada })
    const forTwo = await connect(ada, { resource: `${tandem.url}/mcp/box-two` })
    for (const { accessToken } of [forTandem, forTwo]) {
      const answer = await who(accessToken)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain(
        `resource_metadata="${tandem.url}/.well-known/oauth-protected-resource/mcp/box"`,
      )
    }
    expect((await callTool(`${tandem.url}/mcp`, adas.accessToken, 'whoami', {})).status).toBe(401)
    expect((await callTool(`${tandem.url}/mcp/box-two`, adas.accessToken, 'who', {})).status).toBe(401)
    expect([...upstream.seen, ...elsewhere.seen]).toEqual([])
  })

  it.each([
    '/mcp/BOX',
    '/mcp/Box',
    '/mcp/box-',
    '/mcp/bo',
    '/mcp/box/x',
    '/mcp//box',
    '/mcp/box%2ftwo',
    '/mcp/b%6fx',
  ])('G1 %s is no way to what /mcp/box is', async (path) => {
    const answer = await modernCall(tandem.url + path, adas.accessToken, 'tools/list')
    expect(answer.status).toBe(404)
    expect(upstream.seen).toEqual([])
  })

  it('G1 a slash at the end is the same address, and needs the same token', async () => {
    const forTandem = await tandem.connectAgent({ browser: ada })
    expect((await modernCall(`${box}/`, forTandem.accessToken, 'tools/list')).status).toBe(401)
    expect((await modernCall(`${box}/`, adas.accessToken, 'tools/list')).status).toBe(200)
  })
})

describe('G4 what travels on', () => {
  it('G4 the caller’s token, cookies and proofs never reach the upstream, and replace no credential', async () => {
    const answer = await who(adas.accessToken, {
      Cookie: 'session=stolen',
      DPoP: 'proof',
      'X-Upstream-Authorization': 'Bearer mallory',
      'X-Forwarded-For': '10.0.0.1',
      'X-Api-Key': 'mallory',
      Forwarded: 'for=10.0.0.1',
      'Proxy-Authorization': 'Basic bWFsbG9yeQ==',
      'Mcp-Param-Secret': 'mallory',
      Origin: tandem.url,
      Referer: `${tandem.url}/secret`,
    })
    expect(answer.status).toBe(200)
    const { headers, raw } = lastSeen()
    expect(headers['authorization']).toBe(`Bearer ${adasKey}`)
    expect(raw.filter((name) => name.toLowerCase() === 'authorization')).toHaveLength(1)
    expect(Object.keys(headers).toSorted()).toEqual(
      [
        'accept',
        'accept-encoding',
        'authorization',
        'connection',
        'content-length',
        'content-type',
        'host',
        'mcp-method',
        'mcp-name',
        'mcp-protocol-version',
        'user-agent',
      ].toSorted(),
    )
    expect(JSON.stringify(upstream.seen)).not.toContain(adas.accessToken)
    expect(JSON.stringify(upstream.seen)).not.toContain('mallory')
  })

  it('G4 traces go on, as the only thing of the caller’s that isn’t the protocol’s', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await who(adas.accessToken, { traceparent })
    expect(lastSeen().headers['traceparent']).toBe(traceparent)
  })

  it('G4 the upstream’s cookies, challenges and addresses never reach the caller', async () => {
    upstream.answer = ({ message: { id } }, response) => {
      response.writeHead(200, {
        'Content-Type': 'application/json; charset=utf-8',
        'Set-Cookie': 'session=theirs',
        'WWW-Authenticate': 'Bearer resource_metadata="https://evil.example"',
        'Access-Control-Allow-Origin': '*',
        'Cache-Control': 'public, max-age=9999',
        Server: 'secret/1',
        Location: 'https://evil.example',
        Link: '<https://evil.example>; rel=preload',
        'X-Powered-By': 'secret',
      })
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } }))
      return true
    }
    const answer = await who(adas.accessToken)
    const names = [...answer.headers.keys()]
    for (const name of ['set-cookie', 'www-authenticate', 'server', 'location', 'link', 'x-powered-by'])
      expect(names).not.toContain(name)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).not.toBe('*')
  })
})

describe('G5 whose key', () => {
  it('G5 each person’s agents call with that person’s key', async () => {
    expect(await (await who(adas.accessToken)).text()).toContain(markOf(`Bearer ${adasKey}`))
    const hers = await (await who(graces.accessToken)).text()
    expect(hers).toContain(markOf(`Bearer ${gracesKey}`))
    expect(hers).not.toContain(markOf(`Bearer ${adasKey}`))
  })

  it('G5 who has no key gets none of anybody’s', async () => {
    await grace.json('DELETE', '/api/keys?upstream=box')
    try {
      upstream.seen.length = 0
      const text = await (await who(graces.accessToken)).text()
      expect(text).toContain('You have no key for box yet')
      expect(upstream.seen).toEqual([])
    } finally {
      await keep(grace, gracesKey)
    }
  })
})

describe('G6 secrets stay out of what is written down', () => {
  it('G6 no key is in the log, the audit record or an answer, whatever goes wrong', async () => {
    upstream.answer = (_received, response) => {
      response.destroy()
      return true
    }
    const broken = await (await who(adas.accessToken)).text()
    upstream.answer = ({ headers }, response) => {
      response.writeHead(401, { 'Content-Type': 'text/plain' }).end(`bad key ${headers['authorization']}`)
      return true
    }
    const refused = await (await who(graces.accessToken)).text()
    upstream.answer = (_received, response) => {
      response.writeHead(500, { 'Content-Type': 'text/html' }).end('<pre>secret stack</pre>')
      return true
    }
    const failed = await (await who(graces.accessToken)).text()
    const { body: record } = await ada.json('GET', '/api/audit?limit=100')
    const everything = [broken, refused, failed, JSON.stringify(record), ...log].join('\n')
    expect(JSON.stringify(record)).toContain('box/who')
    for (const secret of [adasKey, gracesKey, adas.accessToken, 'secret stack'])
      expect(everything).not.toContain(secret)
  })
})

describe('G8 what could be read two ways', () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(box, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${adas.accessToken}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        ...headers,
      },
      body,
    })

  it.each([
    [
      'a tool named twice',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","name":"who"}}',
    ],
    ['a method named twice', '{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"ping"}'],
    [
      'a name in another case',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"who","Name":"write"}}',
    ],
    ['a method in another case', '{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call"}'],
    ['a letter that folds to another', '{"jsonrpc":"2.0","id":1,"method":"ping","paramſ":{"name":"write"}}'],
    [
      'an escaped name',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"who","n\\u0061me":"write"}}',
    ],
  ])('G8 %s is refused before it reaches the upstream', async (_what, body) => {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    expect(upstream.seen.filter(({ message }) => message.id === 1)).toEqual([])
  })

  it.each([
    ['without an id', '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"unaccepted"}}'],
    [
      'with an id of null',
      '{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"unaccepted"}}',
    ],
    ['in a list', '{"jsonrpc":"2.0","id":1,"method":["tools/call"],"params":{"name":"unaccepted"}}'],
    ['in another case', '{"jsonrpc":"2.0","id":1,"method":"Tools/Call","params":{"name":"unaccepted"}}'],
    [
      'of a tool in a list',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["unaccepted"]}}',
    ],
    ['by position', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["unaccepted",{}]}'],
    ['without a method', '{"jsonrpc":"2.0","id":1,"params":{"name":"unaccepted"}}'],
    ['in a batch', '[{"jsonrpc":"2.0","method":"tools/call","params":{"name":"unaccepted"}}]'],
  ])('G8 a call %s, which no tool was decided for, is refused', async (_what, body) => {
    expect((await post(body)).status).toBe(400)
    expect(JSON.stringify(upstream.seen)).not.toContain('unaccepted')
  })

  it('G8 a batch is as many calls as it holds', async () => {
    const calls = Array.from({ length: 9 }, (_, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'who', arguments: {} },
    }))
    expect(await (await post(JSON.stringify(calls))).text()).toContain('too many calls under way')
    expect(JSON.stringify(upstream.seen)).not.toContain('tools/call')
  })

  it('G8 headers name nothing where the body doesn’t', async () => {
    const headers = { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'unaccepted' }
    for (const body of ['{"jsonrpc":"2.0","id":1,"result":{}}', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]'])
      expect((await post(body, headers)).status).toBe(400)
    expect(JSON.stringify(upstream.seen)).not.toContain('unaccepted')
  })

  it('G8 the body is read as what it was decided on: in no other alphabet', async () => {
    // In UTF-7 `+ACI-` is a quote: whoever reads it so finds another tool’s name after it.
    const answer = await who(adas.accessToken, { 'Content-Type': 'application/json; charset=utf-7' })
    expect(answer.status).toBe(200)
    expect(lastSeen().headers['content-type']).toBe('application/json')
  })

  it('G8 headers that name another tool or method than the body are refused', async () => {
    for (const headers of [
      { 'Mcp-Name': 'write' },
      { 'Mcp-Method': 'ping' },
      { 'Mcp-Name': '=?base64?d3JpdGU=?=' },
    ]) {
      const answer = await who(adas.accessToken, headers)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: { code: -32020 } })
    }
    expect(upstream.seen).toEqual([])
    expect((await who(adas.accessToken, { 'Mcp-Name': '=?base64?d2hv?=' })).status).toBe(200)
  })

  it('G8 an answer to something else than was asked is nobody’s', async () => {
    upstream.answer = (_received, response) => {
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(
          '{"jsonrpc":"2.0","id":"another","result":{"content":[{"type":"text","text":"for somebody else"}]}}',
        )
      return true
    }
    const text = await (await who(adas.accessToken)).text()
    expect(text).toContain('can’t be reached')
    expect(text).not.toContain('for somebody else')
  })
})

describe('G9 challenges', () => {
  it.each([401, 403])('G9 the upstream’s %i is no challenge of ours', async (status) => {
    upstream.answer = (_received, response) => {
      response
        .writeHead(status, {
          'WWW-Authenticate': 'Bearer realm="evil", resource_metadata="https://evil.example"',
        })
        .end()
      return true
    }
    const answer = await who(adas.accessToken)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('www-authenticate')).toBeNull()
    expect(await answer.json()).toMatchObject({ result: { isError: true } })
    // The key counts as no good until it is given again.
    upstream.answer = null
    await keep(ada, adasKey)
  })

  it('G9 a missing scope is named, and the tool isn’t called', async () => {
    const narrow = await connect(ada, { scope: 'box:read' })
    const answer = await modernCall(box, narrow.accessToken, 'tools/call', { name: 'write', arguments: {} })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toMatch(/error="insufficient_scope".*scope="box:write"/)
    expect(upstream.seen).toEqual([])
  })
})

describe('G10 sessions', () => {
  const begin = async (agent: ConnectedAgent) => {
    const message = {
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'n', version: '1' } },
    }
    const answer = await legacyMessage(box, agent.accessToken, message)
    const session = answer.headers.get('mcp-session-id')
    await answer.text()
    if (session === null) throw new Error('no session')
    return session
  }
  const ping = (agent: ConnectedAgent, session: string) =>
    legacyMessage(box, agent.accessToken, { id: 2, method: 'tools/list' }, session)

  it('G10 a session id is sealed, and the upstream gets its own', async () => {
    const session = await begin(adas)
    expect(session).not.toContain('session-')
    expect((await ping(adas, session)).status).toBe(200)
    expect(lastSeen().headers['mcp-session-id']).toMatch(/^session-\d+$/)
  })

  it('G10 another person’s, another grant’s, a made-up one and the upstream’s own are 404', async () => {
    const session = await begin(adas)
    const again = await connect(ada)
    upstream.seen.length = 0
    for (const [agent, id] of [
      [graces, session],
      [again, session],
      [adas, `${session.slice(0, -2)}AA`],
      [adas, 'session-1'],
      [adas, ''],
    ] as const) {
      expect((await ping(agent, id)).status).toBe(404)
      const gone = {
        method: 'DELETE',
        headers: { Authorization: `Bearer ${agent.accessToken}`, 'Mcp-Session-Id': id },
      }
      expect((await fetch(box, gone)).status).toBe(404)
    }
    expect(upstream.seen).toEqual([])
  })
})

describe('G10 events', () => {
  it('G10 who reads on after an event reads on in a stream of her own grant', async () => {
    upstream.answer = ({ method, headers }, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.end(`id: event-7\ndata: ${JSON.stringify({ method, after: headers['last-event-id'] })}\n\n`)
      return true
    }
    const read = (agent: ConnectedAgent, after?: string) =>
      fetch(box, {
        headers: {
          Authorization: `Bearer ${agent.accessToken}`,
          Accept: 'text/event-stream',
          ...(after !== undefined && { 'Last-Event-ID': after }),
        },
      })
    const id = /^id: (.+)$/m.exec(await (await read(adas)).text())?.[1] ?? ''
    expect(id).not.toContain('event')
    expect(await (await read(adas, id)).text()).toContain('"after":"event-7"')
    upstream.seen.length = 0
    for (const [agent, after] of [
      [graces, id],
      [await connect(ada), id],
      [adas, 'event-7'],
    ] as const)
      expect((await read(agent, after)).status).toBe(400)
    expect(upstream.seen.filter(({ method }) => method === 'GET')).toEqual([])
  })
})

describe('G11 redirects', () => {
  it.each([301, 302, 303, 307, 308])('G11 %i is trouble: the key goes nowhere else', async (status) => {
    upstream.answer = (_received, response) => {
      response.writeHead(status, { Location: elsewhere.url }).end()
      return true
    }
    expect(await (await who(adas.accessToken)).text()).toContain('can’t be reached')
    expect(elsewhere.seen).toEqual([])
  })
})
