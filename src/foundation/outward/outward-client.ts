import type { Agent, Dispatcher, buildConnector } from 'undici'
import { RecentMap } from '../recent-map.ts'
import type { AddressRule, Way } from './address-rule.ts'
import { openSocket, systemDial } from './dial.ts'
import type { Dial } from './dial.ts'
import { addressesOf, systemLookup } from './resolve.ts'
import type { Lookup } from './resolve.ts'
import { isSpecialUse } from './special-use.ts'

/** Its message is for administrators and the log: it says which rule the address broke. */
export class AddressRefused extends Error {
  override name = 'AddressRefused'
}

/** The way out to servers that an administrator named. */
export interface OutwardClient {
  /**
   * One request, in undici's terms; the caller reads or destroys the body and bounds it. Redirects are answers like any
   * other: following one could carry a credential to somebody else (attacks G11).
   */
  request(
    url: string,
    options: Omit<Dispatcher.RequestOptions, 'origin' | 'path'>,
  ): Promise<Dispatcher.ResponseData>
  /** The same as a `fetch`, for libraries that want one. `redirect` is always `manual`. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Resolves when the address may be reached by the rule, now. @throws AddressRefused */
  check(url: string): Promise<void>
  /** Whether the host has an address that isn't a public one, and is reached by the operator's word alone. @throws AddressRefused */
  isInside(url: string): Promise<boolean>
  close(): Promise<void>
}

export type OutwardClientDependencies = {
  rule: AddressRule
  lookup?: Lookup
  dial?: Dial
  /** Certificate authorities, PEM, beside the system's. */
  ca?: string
  /** Connections to one origin at once; absent: 1024, more than upstreams are called at once. */
  connections?: number
  /** From the name server to the finished TLS handshake; absent: 10 seconds. */
  connectTimeoutMs?: number
}

/** Milliseconds. */
const lookupTimeout = 3000

/**
 * Keeps connections open, unlike the fetch for strangers' addresses: each one was checked when it was dialled, against
 * the rule, by the address it is really connected to (attacks S2, S12), and serves one origin only.
 */
export function createOutwardClient(deps: OutwardClientDependencies): OutwardClient {
  const { rule, lookup = systemLookup, dial = systemDial, ca, connections = 1024 } = deps
  const { connectTimeoutMs = 10_000 } = deps
  let agent: Promise<Agent> | undefined

  const ways = new RecentMap<string, Way>(256)

  /** The rule knows only what it was made with: the same text leads the same way. */
  const wayTo = (text: string): Way => {
    const known = ways.get(text)
    if (known) return known
    try {
      const way = rule(text)
      if (text.length <= 2048) ways.set(text, way)
      return way
    } catch (error) {
      throw new AddressRefused(error instanceof Error ? error.message : String(error))
    }
  }
  const reachable = async (text: string, signal: AbortSignal) => {
    const way = wayTo(text)
    const addresses = await addressesOf(way.url, lookup, signal)
    if (addresses.length === 0) throw new AddressRefused(`${way.url.hostname} has no address`)
    // One bad address among good ones is an attack in preparation: refuse them all (attacks S2).
    const bad = addresses.find((address) => !way.mayReach(address))
    if (bad !== undefined)
      throw new AddressRefused(
        addresses.length === 1 && way.url.hostname.includes(bad)
          ? `${bad} may not be reached`
          : `${way.url.hostname} has the address ${bad}, which may not be reached`,
      )
    return { way, addresses }
  }
  const connectBy = async (origin: string, signal: AbortSignal) => {
    const { way, addresses } = await reachable(origin, signal)
    let failure: unknown
    for (const address of addresses.slice(0, 4)) {
      try {
        return await openSocket(dial, { ...way, address, ca }, signal)
      } catch (error) {
        failure = error
        if (signal.aborted) break
      }
    }
    throw failure
  }
  /** The clock is for getting there: a connection that stands isn't ended by it. */
  const connect = async (origin: string) => {
    const control = new AbortController()
    const late = () => control.abort(new DOMException('the connection took too long', 'TimeoutError'))
    const timer = setTimeout(late, connectTimeoutMs)
    try {
      return await connectBy(origin, control.signal)
    } finally {
      clearTimeout(timer)
    }
  }
  const hand = async (origin: string, callback: buildConnector.Callback) => {
    let socket
    try {
      socket = await connect(origin)
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null)
      return
    }
    callback(null, socket)
  }
  const open = async (): Promise<Agent> => {
    // Loaded when first needed: an install without upstreams never does.
    const undici = await import('undici')
    return new undici.Agent({
      connections,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      maxHeaderSize: 16 * 1024,
      // Ended by the caller's signal, who knows whether it is a stream.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: ({ protocol, host }, callback) => {
        void hand(`${protocol}//${host}`, callback)
      },
    })
  }
  const opened = () => (agent ??= open())

  return {
    async request(text, options) {
      const { url } = wayTo(text)
      const path = url.pathname + url.search
      const answer = await (await opened()).request({ ...options, origin: url.origin, path })
      // A body that nobody reads to its end emits an error when it is left; who reads it gets that as a rejection.
      answer.body.on('error', () => undefined)
      return answer
    },
    async fetch(input, init) {
      const dispatcher = await opened()
      const { fetch } = await import('undici')
      const request = new Request(input, init)
      wayTo(request.url)
      const body = request.body === null ? null : Buffer.from(await request.arrayBuffer())
      const answer = await fetch(request.url, {
        method: request.method,
        headers: [...request.headers],
        body,
        redirect: 'manual',
        signal: request.signal,
        dispatcher,
      })
      // The package's Response and the platform's are two classes of one specification.
      return new Response(nullBody.has(answer.status) ? null : (answer.body as ReadableStream | null), {
        status: answer.status,
        statusText: answer.statusText,
        headers: [...answer.headers],
      })
    },
    async check(text) {
      await reachable(text, AbortSignal.timeout(lookupTimeout))
    },
    async isInside(text) {
      const { addresses } = await reachable(text, AbortSignal.timeout(lookupTimeout))
      return addresses.some(isSpecialUse)
    },
    async close() {
      await (await agent)?.destroy()
    },
  }
}

const nullBody = new Set([101, 204, 205, 304])
