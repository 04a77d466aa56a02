import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOutwardClient, upstreamRule } from '#foundation'
import type { OutwardClient } from '#foundation'
import { startTestUpstream, whoTool, writeTool } from '../../../../test/support/test-upstream.ts'
import type { TestUpstream } from '../../../../test/support/test-upstream.ts'
import { message, openHttpEngine, sse } from './http-engine.fixture.ts'
import type { Options } from './http-engine.fixture.ts'

let server: TestUpstream
let outward: OutwardClient
beforeAll(async () => {
  server = await startTestUpstream()
  outward = createOutwardClient({ rule: upstreamRule([], true) })
})
afterAll(async () => {
  await outward?.close()
  await server?.close()
})
beforeEach(() => {
  Object.assign(server, { answer: null, tools: [whoTool, writeTool], speaks: { modern: true, legacy: true } })
  server.seen.length = 0
})
const open = (options?: Options) => openHttpEngine({ server, outward }, options)
const calls = () => server.seen.filter(({ message }) => message.method === 'tools/call')

describe('streams', () => {
  it('pass event by event, comments and requests of the upstream included', async () => {
    const { ask } = open()
    await ask('ping')
    const note = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}'
    server.answer = sse(`: hello\n\ndata: ${note}\n\nid: 9\ndata: ${message({ content: [] })}\n\ndata: cut`)
    const text = await (await ask('tools/call', { name: 'who' })).text()
    expect(text.replace(/^id: [\w-]{30,}$/m, 'id: sealed')).toBe(
      `: hello\n\ndata: ${note}\n\nid: sealed\ndata: ${message({ _meta: { 'io.tandem/origin': 'box' }, content: [] })}\n\n`,
    )
  })

  it('end with words for whoever waits when an event is too large', async () => {
    const { call, ask } = open({ limits: { answerBytes: 2000 } })
    await ask('ping')
    server.answer = sse(`data: ${'x'.repeat(3000)}\n\n`)
    expect(await (await call()).text()).toContain('answered with more than may pass')
  })

  it('are left upstream when the client goes, and when the grant ends', async () => {
    for (const end of ['client', 'grant'] as const) {
      const { ask, call, endings } = open()
      server.answer = null
      await (await ask('ping')).text()
      let left: () => void = () => undefined
      const gone = new Promise<void>((resolve) => (left = resolve))
      server.answer = (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': open\n\n')
        response.on('close', left)
        return true
      }
      const reader = (await call()).body?.getReader()
      await reader?.read()
      if (end === 'client') await reader?.cancel()
      else for (const listener of endings) listener()
      await gone
      expect((await reader?.read())?.done).toBe(true)
      expect(endings.size).toBe(0)
    }
  })

  it('don’t run ahead of a client that reads slowly', async () => {
    const { ask, call } = open()
    await ask('ping')
    let written = 0
    server.answer = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      const flood = () => {
        while (!response.destroyed && written < 64 * 1024 * 1024) {
          written += 64 * 1024
          if (!response.write(`: ${'x'.repeat(64 * 1024 - 4)}\n\n`)) return void response.once('drain', flood)
        }
      }
      flood()
      return true
    }
    const reader = (await call()).body?.getReader()
    await reader?.read()
    let before = -1
    await expect.poll(() => before === (before = written), { interval: 200, timeout: 5000 }).toBe(true)
    expect(written).toBeLessThan(32 * 1024 * 1024)
    await reader?.cancel()
  })
})

describe('trouble', () => {
  it('a call that may have arrived is made once; a list is asked for again', async () => {
    const { ask, call, kindOf } = open()
    await ask('ping')
    server.answer = ({ message: { method } }, response) => {
      if (method === 'tools/call' || server.seen.length < 3) response.destroy()
      else return false
      return true
    }
    server.seen.length = 0
    expect(await kindOf(call())).toBe('unreachable')
    expect(calls()).toHaveLength(1)
    expect(await kindOf(ask('tools/list'))).toBe(200)
    expect(server.seen.map(({ message: { method } }) => method)).toEqual([
      'tools/call',
      'tools/list',
      'tools/list',
    ])
  })

  it('a gateway’s 503 is asked again for lists, never for calls', async () => {
    const { ask, call, kindOf } = open()
    await ask('ping')
    server.answer = (_, response) => (response.writeHead(503).end(), true)
    server.seen.length = 0
    expect(await kindOf(call())).toBe('unreachable')
    expect(await kindOf(ask('tools/list'))).toBe('unreachable')
    expect(server.seen).toHaveLength(3)
  })

  it.each([
    ['an answer over the limit', { 'Content-Type': 'application/json' }, 'x'.repeat(5000), 'too_large'],
    ['a page', { 'Content-Type': 'text/html' }, '<p>', 'unreachable'],
    ['what is no JSON', { 'Content-Type': 'application/json' }, '{', 'unreachable'],
    [
      'what nobody asked',
      { 'Content-Type': 'application/json' },
      '{"jsonrpc":"2.0","id":8,"result":{}}',
      'unreachable',
    ],
    [
      'a compressed answer',
      { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      'x',
      'unreachable',
    ],
  ])('%s is trouble', async (_what, headers, body, kind) => {
    const { ask, call, kindOf } = open({ limits: { answerBytes: 2000 } })
    await ask('ping')
    for (const length of [true, false]) {
      server.answer = (_, response) => {
        response
          .writeHead(200, { ...headers, ...(length && { 'Content-Length': String(body.length) }) })
          .end(body)
        return true
      }
      expect(await kindOf(call())).toBe(kind)
    }
  })

  it('an answer that doesn’t begin in time is late, and its request is ended', async () => {
    const { ask, call, kindOf } = open({ limits: { timeoutSeconds: 1 } })
    await ask('ping')
    const closed = new Promise<void>((resolve) => {
      server.answer = (_, response) => (response.on('close', resolve), true)
    })
    expect(await kindOf(call())).toBe('late')
    await closed
  })

  it('a client that goes away ends its call upstream', async () => {
    const { ask, call, kindOf } = open()
    await ask('ping')
    const control = new AbortController()
    const closed = new Promise<void>((resolve) => {
      server.answer = (_, response) => {
        response.on('close', resolve)
        control.abort()
        return true
      }
    })
    expect(await kindOf(call({ signal: control.signal }))).toBe(499)
    await closed
  })

  it('a stream that begins after its grant ended is over', async () => {
    const { ask, call, endings } = open()
    await ask('ping')
    server.answer = (_, response) => {
      for (const end of endings) end()
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: {"method":"news"}\n\n')
      return true
    }
    const answer = await call()
    expect([answer.status, await answer.text()]).toEqual([409, expect.not.stringContaining('news')])
    expect(endings.size).toBe(0)
  })

  it.each([
    ['before its answer begins', false],
    ['in the middle of its answer', true],
  ])('G7 a call whose grant ends %s is over at once, and left upstream', async (_when, begun) => {
    const { ask, call, endings, recorded } = open()
    await ask('ping')
    let left: () => void = () => undefined
    const gone = new Promise<void>((resolve) => (left = resolve))
    server.answer = (_, response) => {
      response.on('close', left)
      if (begun) response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"jsonrpc":')
      setImmediate(() => endings.forEach((end) => end()))
      return true
    }
    const answer = await call()
    expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining('changed just now')])
    await gone
    expect([endings.size, recorded]).toEqual([0, []])
  })

  it('G7 a call isn’t made whose grant ends while it is found out what the upstream speaks', async () => {
    for (const modern of [true, false]) {
      server.speaks = { modern, legacy: true }
      server.seen.length = 0
      const { call, endings } = open()
      server.answer = () => {
        for (const end of endings) end()
        return false
      }
      expect((await call()).status).toBe(409)
      expect(calls()).toEqual([])
    }
  })

  it('G7 an upstream of the older revisions is told so, which takes nobody’s leaving for it', async () => {
    for (const streams of [true, false]) {
      const { ask, call, endings } = open()
      server.answer = null
      await ask('ping', {}, { legacy: true })
      server.seen.length = 0
      server.answer = ({ message: { method } }, response) => {
        if (method !== 'tools/call') return false
        if (streams) response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': open\n\n')
        else setImmediate(() => endings.forEach((end) => end()))
        return true
      }
      const reader = (await call({ legacy: true })).body?.getReader()
      await reader?.read()
      if (streams) for (const end of endings) end()
      await expect
        .poll(() => server.seen.map(({ message: { method, params } }) => [method, params?.['requestId']]))
        .toEqual([
          ['tools/call', undefined],
          ['notifications/cancelled', 7],
        ])
      await reader?.cancel()
    }
  })

  it('so many calls at once, of one person and of everybody', async () => {
    const { ask, call, kindOf } = open({ limits: { atOnce: 3, atOnceEach: 2 } })
    await ask('ping')
    const waiting: (() => void)[] = []
    server.answer = (_, response) => {
      waiting.push(
        () => void response.writeHead(200, { 'Content-Type': 'application/json' }).end(message({})),
      )
      return true
    }
    const mine = [call(), call()]
    expect(await kindOf(call())).toBe('busy')
    const others = call({ person: 'mem_grace' })
    expect(await kindOf(call({ person: 'mem_alan' }))).toBe('busy')
    await expect.poll(() => waiting.length).toBe(3)
    for (const answer of waiting) answer()
    expect((await Promise.all([...mine, others])).map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('is asked what it speaks no more often than it is called, while it is down', async () => {
    const { ask, kindOf } = open()
    server.answer = (_, response) => (response.destroy(), true)
    for (let n = 0; n < 5; n++) expect(await kindOf(ask('ping'))).toBe('unreachable')
    server.seen.length = 0
    expect(await kindOf(ask('ping'))).toBe('resting')
    expect(server.seen).toEqual([])
  })

  it('rests after five failures in a row, and is tried again after a while', async () => {
    const { ask, call, kindOf, clock } = open()
    await ask('ping')
    server.answer = (_, response) => (response.destroy(), true)
    for (let n = 0; n < 5; n++) expect(await kindOf(call())).toBe('unreachable')
    server.answer = null
    server.seen.length = 0
    expect(await kindOf(call())).toBe('resting')
    expect(server.seen).toEqual([])
    clock.advance(5000)
    expect(await kindOf(call())).toBe(200)
    expect(await kindOf(call())).toBe(200)
  })
})

describe('revisions', () => {
  it('an upstream that answers what it speaks with a riddle takes nobody’s time', async () => {
    const { ask, kindOf } = open()
    server.answer = sse(`data: {${'"result"}'.repeat(60_000)}`)
    const began = performance.now()
    await kindOf(ask('ping'))
    expect(performance.now() - began).toBeLessThan(5000)
  })

  it('a modern caller reaches a legacy upstream over the bridge, and a legacy caller a modern one', async () => {
    for (const legacy of [false, true]) {
      server.speaks = { modern: legacy, legacy: !legacy }
      const { engine, call } = open()
      const text = await (await call({ legacy })).text()
      expect(text).toContain('nobody {}')
      expect(text).toContain('"io.tandem/origin":"box"')
      expect(calls()).toHaveLength(legacy ? 2 : 1)
      await engine.close()
    }
  })

  it('lists tools of either', async () => {
    for (const speaks of [
      { modern: true, legacy: false },
      { modern: false, legacy: true },
    ]) {
      server.speaks = speaks
      const { engine } = open()
      const tools = await engine.listTools({ baseUrl: server.url, headers: {}, secret: null })
      expect(tools.map(({ name }) => name)).toEqual(['who', 'write'])
      await engine.close()
    }
  })
})
