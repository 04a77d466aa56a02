import type { Client, TokenEndpointResponse } from 'oauth4webapi'
import type { Log } from '#foundation'
import type { Upstream } from '../upstreams/upstream.ts'
import type { Attempt } from './attempts.ts'
import type { BoundedFetch } from './bounded-fetch.ts'
import type { ClientIdentities, ClientIdentity } from './client-identity.ts'
import { redirectUriOf } from './client-document.ts'
import { wordsOf } from './connect-failure.ts'
import type { Connection } from './connection.ts'
import type { OAuthLibrary } from './library.ts'
import type { Server } from './server-metadata.ts'

type Deps = {
  issuer: string
  http: BoundedFetch
  library: OAuthLibrary
  clients: ClientIdentities
  servers: { recall(issuer: string, signal?: AbortSignal): Promise<Server> }
  log: Log
}

/** What is said at an authorization server's token and revocation endpoints. Errors are the library's. */
export function createTokenEndpoint({ issuer, http, library, clients, servers, log }: Deps) {
  const talk = async (upstream: Upstream, server: Server, identity: ClientIdentity, signal?: AbortSignal) => {
    const oauth = await library()
    const client: Client = { client_id: identity.id }
    const options = {
      [oauth.customFetch]: http,
      // Whether plain http may be used is the outward rule's to say.
      [oauth.allowInsecureRequests]: true,
      ...(signal && { signal }),
    }
    return { oauth, client, options, prove: await clients.authentication(upstream, server, identity) }
  }
  /** RFC 7009: nothing happens where the server offers none. */
  const revoke = async (upstream: Upstream, server: Server, connection: Connection): Promise<void> => {
    if (server.revocation_endpoint === undefined) return
    const { oauth, client, options, prove } = await talk(upstream, server, connection.client)
    const { refreshToken, accessToken } = connection
    // RFC 7009 §2.1: the refresh token takes the rest of its grant with it.
    const [token, hint] =
      refreshToken === undefined ? [accessToken, 'access_token'] : [refreshToken, 'refresh_token']
    const response = await oauth.revocationRequest(server, client, prove, token, {
      ...options,
      additionalParameters: { token_type_hint: hint },
    })
    await oauth.processRevocationResponse(response)
  }

  return {
    /** Checks the answer to an authorization request (`iss`, `state`, error) and exchanges its code. */
    async exchange(
      upstream: Upstream,
      { server, client: identity, verifier, resource }: Attempt,
      answer: { search: URLSearchParams; state: string },
    ): Promise<TokenEndpointResponse> {
      const { oauth, client, options, prove } = await talk(upstream, server, identity)
      // RFC 9207 §2.4 and MCP 2026-07-28, "Authorization Response Validation": `iss` before anything else of it.
      const checked = oauth.validateAuthResponse(server, client, answer.search, answer.state)
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        prove,
        checked,
        redirectUriOf(issuer, upstream),
        verifier,
        // RFC 8707 §2.2
        { ...options, additionalParameters: { resource } },
      )
      return oauth.processAuthorizationCodeResponse(server, client, response)
    },

    async refresh(
      upstream: Upstream,
      server: Server,
      { client: identity, resource }: Connection,
      refreshToken: string,
      signal: AbortSignal,
    ): Promise<TokenEndpointResponse> {
      const { oauth, client, options, prove } = await talk(upstream, server, identity, signal)
      const response = await oauth.refreshTokenGrantRequest(server, client, prove, refreshToken, {
        ...options,
        additionalParameters: { resource },
      })
      return oauth.processRefreshTokenResponse(server, client, response)
    },

    /** Tells the other side that a connection is over. Here it is in any case; what is kept there ends by itself. */
    async end(upstream: Upstream, connection: Connection): Promise<void> {
      try {
        await revoke(upstream, await servers.recall(connection.issuer), connection)
      } catch (error) {
        log.warn({ upstream: upstream.name, why: wordsOf(error) }, 'an ended connection wasn’t revoked there')
      }
    },
  }
}
export type TokenEndpoint = ReturnType<typeof createTokenEndpoint>
