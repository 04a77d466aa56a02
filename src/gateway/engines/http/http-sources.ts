import { createHash } from 'node:crypto'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { Client } from '@modelcontextprotocol/client'
import type { OutwardClient } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'
import type { Source, UpstreamAccess } from '../../engine.ts'
import type { Upstream } from '../../upstreams/upstream.ts'
import type { OpenSource } from '../bridge/bridge-engine.ts'
import { clientSource, heard, openClient } from '../client-source.ts'
import { refusedWith } from './answer.ts'

/** Milliseconds that an unused connection is kept, and how many at most. */
const keptFor = 5 * 60_000
const mostKept = 200

export type HttpSources = {
  open(asked: Parameters<OpenSource>[0]): Promise<Source>
  close(): Promise<void>
}

type Kept = { client: Promise<Client>; users: number; timer: NodeJS.Timeout | undefined }

/**
 * Clients of the official SDK for callers whose revision the upstream doesn't speak. One for each person and credential,
 * never shared: what a session of the upstream's remembers is that person's.
 */
export function httpSources(upstream: Upstream, outward: OutwardClient): HttpSources {
  const kept = new Map<string, Kept>()

  const forget = (key: string, one: Kept): void => {
    if (kept.get(key) === one) kept.delete(key)
    clearTimeout(one.timer)
    one.client.then((client) => client.close()).catch(() => undefined)
  }

  const connect = async (access: UpstreamAccess, closed: () => void): Promise<Client> => {
    const client = openClient()
    const transport = new StreamableHTTPClientTransport(new URL(access.baseUrl), {
      fetch: boundedFetch(outward, upstream.limits.answerBytes),
      requestInit: { headers: withoutTrace(access.headers), redirect: 'manual' },
      reconnectionOptions: {
        maxRetries: 0,
        initialReconnectionDelay: 1000,
        maxReconnectionDelay: 1000,
        reconnectionDelayGrowFactor: 1,
      },
    })
    try {
      await heard(() => client.connect(transport, { timeout: upstream.limits.timeoutSeconds * 1000 }))
      // The SDK puts arguments into headers for tools that it has seen (`x-mcp-header`).
      if (client.getProtocolEra() === 'modern') await heard(() => client.listTools())
      Object.assign(client, { onclose: closed })
      return client
    } catch (error) {
      await client.close().catch(() => undefined)
      throw error
    }
  }

  const take = (key: string, access: UpstreamAccess): Kept => {
    const known = kept.get(key)
    if (known) return known
    for (const [oldest, one] of kept) {
      if (kept.size < mostKept) break
      if (one.users === 0) forget(oldest, one)
    }
    const client = connect(access, () => forget(key, made))
    const made: Kept = { client, users: 0, timer: undefined }
    kept.set(key, made)
    made.client.catch(() => forget(key, made))
    return made
  }

  return {
    async open({ access, caller }) {
      const person = caller?.actor.kind === 'agent' ? caller.actor.grant : ''
      const key = createHash('sha256')
        .update(JSON.stringify([person, access.baseUrl, access.secret]))
        .digest('base64url')
      const one = take(key, access)
      clearTimeout(one.timer)
      one.users++
      const leave = async () => {
        one.users--
        if (one.users > 0) return
        one.timer = setTimeout(() => forget(key, one), caller ? keptFor : 0)
        one.timer.unref()
      }
      try {
        return clientSource(await one.client, leave)
      } catch (error) {
        await leave()
        throw error
      }
    },
    async close() {
      for (const [key, one] of kept) forget(key, one)
    },
  }
}

/** A connection outlives the call that made it, and with it the call's trace. */
function withoutTrace(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^trace(parent|state)$/i.test(name)))
}

/** The way out, with an end to each answer; trouble where a library would follow, retry or sign in. */
function boundedFetch(outward: OutwardClient, limit: number) {
  return async (input: string | URL, init?: RequestInit): Promise<Response> => {
    const response = await outward.fetch(input, init)
    const { status, body, headers } = response
    const trouble = troubleOf(status, headers.get('www-authenticate'))
    if (trouble) {
      await body?.cancel()
      throw trouble
    }
    if (!body) return response
    // Only a stream has events: anything else is one answer, whatever stands between its parts.
    const streams = /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
    let size = 0
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size = streams && endsEvent(chunk) ? 0 : size + chunk.length
        if (size > limit)
          controller.error(new UpstreamTrouble('too_large', `an answer was larger than ${limit} bytes`))
        else controller.enqueue(chunk)
      },
    })
    return new Response(body.pipeThrough(counted), { status, headers })
  }
}

function troubleOf(status: number, challenge: string | null): UpstreamTrouble | undefined {
  if (status === 401 || status === 403) return refusedWith(status, challenge)
  if (status >= 300 && status < 400)
    return new UpstreamTrouble('unreachable', `status ${status}: it sends on to somewhere else`)
  return status >= 502 ? new UpstreamTrouble('unreachable', `status ${status}`) : undefined
}

function endsEvent(chunk: Uint8Array): boolean {
  const [a, b, c] = chunk.subarray(-3)
  return chunk.at(-1) === 0x0a && (chunk.at(-2) === 0x0a || (a === 0x0a && b === 0x0d && c === 0x0a))
}
