import type { AuthorizationServer } from 'oauth4webapi'
import { isObject } from '#foundation'
import type { Clock, OutwardClient } from '#foundation'
import { refuseInward } from './refuse-inward.ts'
import type { BoundedFetch } from './bounded-fetch.ts'
import { ConnectFailure, wordsOf } from './connect-failure.ts'
import type { OAuthLibrary } from './library.ts'

/** An authorization server that we can work with: what it must have is there. */
export type Server = AuthorizationServer & {
  readonly authorization_endpoint: string
  readonly token_endpoint: string
}

export function isServer(value: unknown): value is Server {
  return (
    isObject(value) &&
    typeof value['issuer'] === 'string' &&
    typeof value['authorization_endpoint'] === 'string' &&
    typeof value['token_endpoint'] === 'string'
  )
}

const hour = 3_600_000
const mostKnown = 1000

/** What authorization servers say of themselves. */
export function createServerMetadata(deps: {
  http: BoundedFetch
  outward: OutwardClient
  library: OAuthLibrary
  clock: Clock
}) {
  const { http, outward, library, clock } = deps
  const known = new Map<string, { at: number; server: Server }>()

  const ask = (place: string, signal?: AbortSignal): Promise<Response> =>
    http(place, {
      headers: { Accept: 'application/json', 'MCP-Protocol-Version': '2026-07-28' },
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      throw new ConnectFailure('unreachable', `${place}: ${wordsOf(error)}`)
    })

  /** Every address that it names is checked before anything of a person's goes there, a browser included. */
  const usable = async (server: AuthorizationServer): Promise<Server> => {
    const { authorization_endpoint: authorize, token_endpoint: token } = server
    if (authorize === undefined || token === undefined)
      throw new ConnectFailure('server', `${server.issuer} names no authorization or token endpoint`)
    // MCP 2026-07-28, "Authorization Code Protection": without the member clients MUST refuse to proceed.
    if (!server.code_challenge_methods_supported?.includes('S256'))
      throw new ConnectFailure('server', `${server.issuer} doesn’t say that it takes PKCE with S256`)
    const named = [authorize, token, server.registration_endpoint, server.revocation_endpoint]
    for (const address of named) {
      if (address === undefined) continue
      await outward.check(address)
      await refuseInward(outward, server.issuer, address)
    }
    return { ...server, authorization_endpoint: authorize, token_endpoint: token }
  }

  const read = async (text: string, signal?: AbortSignal): Promise<Server> => {
    if (!URL.canParse(text)) throw new ConnectFailure('metadata', 'its issuer is no address')
    const issuer = new URL(text)
    if (issuer.search !== '' || issuer.hash !== '')
      throw new ConnectFailure('metadata', `the issuer ${text} has a query or a fragment (RFC 8414 §2)`)
    const oauth = await library()
    let why = 'it has no metadata'
    for (const place of placesOf(issuer)) {
      const answer = await ask(place, signal)
      // A page for everything that isn't there is no metadata either.
      if (answer.status !== 200 || !isJson(answer)) continue
      try {
        // RFC 8414 §3.3: the document has to name the issuer that it was fetched for.
        return await usable(await oauth.processDiscoveryResponse(issuer, answer))
      } catch (error) {
        if (error instanceof ConnectFailure) throw error
        why = wordsOf(error)
      }
    }
    throw new ConnectFailure('server', `${text}: ${why}`)
  }

  return {
    /** Asked anew, for a connection that begins. @throws ConnectFailure */
    async fetch(issuer: string): Promise<Server> {
      const server = await read(issuer)
      if (known.size >= mostKnown) known.clear()
      known.set(server.issuer, { at: clock.now().getTime(), server })
      return server
    },
    /** As it was within the hour, else asked anew. @throws ConnectFailure */
    async recall(issuer: string, signal?: AbortSignal): Promise<Server> {
      const now = clock.now().getTime()
      const found = known.get(issuer)
      if (found && now - found.at < hour) return found.server
      const server = await read(issuer, signal)
      known.set(issuer, { at: now, server })
      return server
    },
  }
}

/** MCP 2026-07-28, "Authorization Server Metadata Discovery": in this order. */
function placesOf({ origin, pathname }: URL): string[] {
  const path = pathname.replace(/\/$/, '')
  const both = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
  ]
  return path === '' ? both : [...both, `${origin}${path}/.well-known/openid-configuration`]
}

export function isJson(answer: Response): boolean {
  return /^application\/([\w.+-]*\+)?json\b/i.test(answer.headers.get('content-type') ?? '')
}
