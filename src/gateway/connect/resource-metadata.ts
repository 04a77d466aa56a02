import { z } from 'zod'
import type { OutwardClient } from '#foundation'
import type { BoundedFetch } from './bounded-fetch.ts'
import { readChallenge } from './challenge.ts'
import { ConnectFailure, wordsOf } from './connect-failure.ts'
import { refuseInward } from './refuse-inward.ts'
import { isJson } from './server-metadata.ts'

/** What the upstream says of itself as a protected resource. */
export type ResourceFacts = {
  /** What tokens are asked for (RFC 8707). */
  resource: string
  issuer: string
  /** What the upstream wants, where it says so. */
  scopes: string[] | null
}

const document = z.object({
  resource: z.string().max(2000),
  authorization_servers: z.array(z.string().max(2000)).min(1).max(50),
  scopes_supported: z.array(z.string().min(1).max(200)).max(500).optional(),
})

/**
 * MCP 2026-07-28, "Protected Resource Metadata Discovery": the challenge names the document, else it is at the
 * well-known address with the path, else at the one without. A server of an older revision has none: the authorization
 * server is its own origin then.
 */
export async function readResourceMetadata(
  { http, outward }: { http: BoundedFetch; outward: OutwardClient },
  upstream: string,
  signal?: AbortSignal,
): Promise<ResourceFacts> {
  const challenge = await askChallenge(http, upstream, signal)
  const url = new URL(upstream)
  const path = url.pathname.replace(/\/$/, '')
  const places =
    challenge.metadata === null
      ? [...new Set([`${url.origin}${wellKnown}${path}`, `${url.origin}${wellKnown}`])]
      : [challenge.metadata]
  for (const place of places) {
    await inThere(outward, upstream, place)
    const found = await readDocument(http, place, challenge.metadata !== null, signal)
    if (!found) continue
    if (!isResourceOf(found.resource, url))
      throw new ConnectFailure('metadata', `${place} is about ${found.resource}, which is not ${upstream}`)
    const [issuer = ''] = found.authorization_servers
    await inThere(outward, upstream, issuer)
    return { resource: found.resource, issuer, scopes: challenge.scopes ?? found.scopes_supported ?? null }
  }
  return { resource: upstream, issuer: url.origin, scopes: challenge.scopes }
}

/** Where it can't be told, the fetch itself says why it can't be reached. */
async function inThere(outward: OutwardClient, upstream: string, named: string): Promise<void> {
  if (!URL.canParse(named)) return
  await refuseInward(outward, upstream, named).catch((error: unknown) => {
    if (error instanceof ConnectFailure) throw error
    throw new ConnectFailure('unreachable', `${named}: ${wordsOf(error)}`)
  })
}

const wellKnown = '/.well-known/oauth-protected-resource'

/** A request as clients begin with, without a token: what matters is how it is refused. */
async function askChallenge(http: BoundedFetch, upstream: string, signal?: AbortSignal) {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'tandem', version: '1' },
  }
  const answer = await http(upstream, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    throw new ConnectFailure('unreachable', `${upstream}: ${wordsOf(error)}`)
  })
  return answer.status === 401
    ? readChallenge(answer.headers.get('www-authenticate'))
    : { metadata: null, scopes: null }
}

/** Null when there is none there. One that was named has to be there. */
async function readDocument(http: BoundedFetch, place: string, named: boolean, signal?: AbortSignal) {
  let why
  try {
    const answer = await http(place, {
      headers: { Accept: 'application/json', 'MCP-Protocol-Version': '2026-07-28' },
      ...(signal && { signal }),
    })
    // Not found, a page for everything, a redirect that nobody follows: there is none.
    const none = answer.status < 500 && !(answer.status === 200 && isJson(answer))
    if (none && !named) return null
    if (answer.status === 200) {
      const parsed = document.safeParse(await answer.json())
      if (parsed.success) return parsed.data
      why = 'is no metadata of a protected resource'
    } else why = `answered ${answer.status}`
  } catch (error) {
    why = wordsOf(error)
  }
  throw new ConnectFailure('metadata', `${place}: ${why}`)
}

/**
 * RFC 9728 §3.3: it must be the resource that was asked for. Many name their origin for everything below it: the same
 * origin and a path above count too. Anything else would have us fetch tokens for somebody else's server.
 */
function isResourceOf(resource: string, upstream: URL): boolean {
  if (!URL.canParse(resource)) return false
  const { origin, pathname, hash, search, username } = new URL(resource)
  if (origin !== upstream.origin || hash !== '' || username !== '') return false
  if (search !== '' && search !== upstream.search) return false
  const above = pathname.replace(/\/$/, '')
  return `${upstream.pathname.replace(/\/$/, '')}/`.startsWith(`${above}/`)
}
