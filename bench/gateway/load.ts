import { Agent, request } from 'node:http'
import { Visitor, expectStatus } from '../visitor.ts'
import type { Work } from './work.ts'

// The load on one way to the upstream: a process of its own, on another core than what stands in between.

export type Ask = {
  id: number
  origin: string
  path: string
  token: string
  work: Work
  connections: number
  seconds: number
}
export type Measured = { count: number; seconds: number; p50: number; p99: number; megabytes: number }
export type Answered = { id: number; measured: Measured } | { id: number; error: string }

const revision = '2026-07-28'
export const eventsPerStream = 2000

process.on('disconnect', () => process.exit())
process.on('message', (ask: Ask) => {
  measure(ask).then(
    (measured) => process.send?.({ id: ask.id, measured } satisfies Answered),
    (error: unknown) => process.send?.({ id: ask.id, error: String(error) } satisfies Answered),
  )
})

async function measure(ask: Ask): Promise<Measured> {
  const once = ask.work === 'call' ? caller(ask) : streamer(ask)
  const latencies: number[] = []
  let bytes = 0
  const begin = performance.now()
  const end = begin + ask.seconds * 1000
  await Promise.all(
    Array.from({ length: ask.connections }, async () => {
      const act = once()
      for (let from = performance.now(); from < end;) {
        bytes += await act()
        const to = performance.now()
        latencies.push(to - from)
        from = to
      }
    }),
  )
  latencies.sort((a, b) => a - b)
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  const seconds = (performance.now() - begin) / 1000
  return { count: latencies.length, seconds, p50: at(0.5), p99: at(0.99), megabytes: bytes / 1e6 }
}

function message(events?: number) {
  return {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: 'read',
      arguments: events === undefined ? {} : { events },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': revision,
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  }
}
function headersFor({ token }: Ask) {
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': revision,
    'mcp-method': 'tools/call',
    'mcp-name': 'read',
  }
}

let visitors = 0

function caller(ask: Ask) {
  return () => {
    const visitor = new Visitor(ask.origin, visitors++ % 200)
    return async () => {
      const answer = await visitor.askAsClient(ask.path, { json: message(), headers: headersFor(ask) })
      expectStatus(answer, 200)
      if (!answer.text.includes('xxx')) throw new Error(`no result: ${answer.text.slice(0, 200)}`)
      return answer.text.length
    }
  }
}

function streamer(ask: Ask) {
  return () => {
    const agent = new Agent({ keepAlive: true })
    return () =>
      new Promise<number>((resolve, reject) => {
        const headers = { ...headersFor(ask), 'content-type': 'application/json' }
        const asking = request(ask.origin + ask.path, { method: 'POST', agent, headers }, (answer) => {
          let bytes = 0
          answer.on('data', (chunk: Buffer) => (bytes += chunk.length))
          answer.on('end', () =>
            bytes > eventsPerStream * 1000 ? resolve(bytes) : reject(new Error(`only ${bytes} bytes came`)),
          )
          answer.on('error', reject)
        })
        asking.on('error', reject)
        asking.end(JSON.stringify(message(eventsPerStream)))
      })
  }
}
