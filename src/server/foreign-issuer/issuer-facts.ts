import { z } from 'zod'
import type { Clock, ForeignIssuer, OutwardClient } from '#foundation'

const most = 256 * 1024
const quietMs = 5_000
const timeoutMs = 5_000

const metadata = z.object({ issuer: z.string(), jwks_uri: z.url() })

/** A `fetch` over the one way out, whose answers end at a size and a time. */
export function boundedFetch(outward: Pick<OutwardClient, 'fetch'>): typeof fetch {
  return async (input, init) => {
    const answer = await outward.fetch(input, {
      ...init,
      signal: init?.signal ?? AbortSignal.timeout(timeoutMs),
    })
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of answer.body ?? []) {
      size += part.byteLength
      if (size > most) throw new Error('The answer of the authorization server is too large')
      parts.push(part)
    }
    return new Response(parts.length > 0 ? Buffer.concat(parts) : null, answer)
  }
}

/** Where its keys are: as the settings say, or its own metadata (RFC 8414 §3; OpenID Connect Discovery §4). */
export function keysAddress(
  { issuer, jwks_uri: given }: ForeignIssuer,
  ask: typeof fetch,
  clock: Clock,
): () => Promise<string> {
  let quietUntil = 0
  return async () => {
    if (given !== undefined) return given
    // A refused token must not become a request.
    if (clock.now().getTime() < quietUntil) throw new Error(`${issuer} did not answer a moment ago`)
    for (const url of addressesOf(issuer)) {
      const answer = await ask(url, { headers: { accept: 'application/json' } }).catch(() => null)
      if (answer?.status !== 200) continue
      const read = metadata.safeParse(await answer.json().catch(() => null))
      // RFC 8414 §3.3: a document that names another issuer is nobody's.
      if (read.success && read.data.issuer === issuer) return read.data.jwks_uri
    }
    quietUntil = clock.now().getTime() + quietMs
    throw new Error(`The metadata of ${issuer} can't be had, or names another issuer`)
  }
}

function addressesOf(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
  ]
}
