import type { Clock, Log } from '#foundation'
import type { CredentialChange, CredentialPlace, OpenCredential, Vault } from '#vault'
import { UpstreamTrouble } from '../engine.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { ClientIdentities } from './client-identity.ts'
import { wordsOf } from './connect-failure.ts'
import { credentialFrom, readConnection } from './connection.ts'
import type { Connection } from './connection.ts'
import type { OAuthLibrary } from './library.ts'
import type { Server } from './server-metadata.ts'
import type { TokenEndpoint } from './token-endpoint.ts'

type Deps = {
  vault: Vault
  library: OAuthLibrary
  servers: { recall(issuer: string, signal?: AbortSignal): Promise<Server> }
  clients: ClientIdentities
  tokens: TokenEndpoint
  clock: Clock
  log: Log
}

/** Renewing takes no longer than this, whatever the other side does (milliseconds). Well below the vault's claim. */
const patience = 20_000

/**
 * Renews a connection's access token. Of all calls on all replicas that need it one asks, and the others get what it
 * got: a rotating refresh token used twice would end the connection (RFC 9700 §4.14.2).
 */
export function createRenewal({ vault, library, servers, clients, tokens, clock, log }: Deps) {
  const underWay = new Map<string, Promise<OpenCredential | null>>()

  const renewed = async (
    upstream: Upstream,
    now: OpenCredential,
    connection: Connection,
    { interrupted }: { interrupted: boolean },
  ): Promise<CredentialChange> => {
    const { refreshToken, issuer } = connection
    if (refreshToken === undefined)
      return { broken: `it ran out, and ${upstream.title} gave nothing to renew it with` }
    const signal = AbortSignal.timeout(patience)
    try {
      const server = await servers.recall(issuer, signal)
      const answer = await tokens.refresh(upstream, server, connection, refreshToken, signal)
      return credentialFrom(answer, connection, { baseUrl: now.baseUrl, now: clock.now() })
    } catch (error) {
      const code = await refusalOf(error)
      log.warn({ upstream: upstream.name, issuer, code, why: wordsOf(error) }, 'a connection wasn’t renewed')
      if (code === 'invalid_grant')
        return {
          broken: interrupted
            ? 'it was being renewed when Tandem stopped, and what was given then is lost'
            : `${upstream.title} ended it`,
        }
      if (code === 'invalid_client' || code === 'unauthorized_client') {
        await clients.forget(upstream, issuer, connection.client.id)
        return { broken: `${upstream.title} doesn’t know Tandem any more` }
      }
      // Anything else may pass: the connection stays as it is.
      throw new UpstreamTrouble('unreachable', `its authorization server: ${wordsOf(error)}`, {
        cause: error,
      })
    }
  }

  /** The error code of a token endpoint's refusal. */
  const refusalOf = async (error: unknown): Promise<string | null> => {
    const oauth = await library()
    return error instanceof oauth.ResponseBodyError ? error.error : null
  }

  const change = async (
    upstream: Upstream,
    place: CredentialPlace,
    isDue: (now: OpenCredential) => boolean,
  ): Promise<OpenCredential | null> => {
    let made: CredentialChange
    const after = await vault.change(place, async (now, how) => {
      const connection = now.kind === 'oauth' && now.broken === null ? readConnection(now.secret) : null
      if (!connection || !isDue(now)) return undefined
      return (made = await renewed(upstream, now, connection, how))
    })
    // She disconnected meanwhile: what came after that is nobody's.
    const orphan = after === null && made && 'secret' in made ? readConnection(made.secret) : null
    if (orphan) await tokens.end(upstream, orphan)
    return after
  }

  return {
    /**
     * Resolves to what is there then, broken perhaps; null when it is gone. `isDue` says whether somebody else has done
     * it meanwhile. @throws UpstreamTrouble
     */
    async renew(
      upstream: Upstream,
      place: CredentialPlace,
      isDue: (now: OpenCredential) => boolean,
    ): Promise<OpenCredential | null> {
      const key = `${place.member} ${place.upstream}`
      // One queue a replica is enough: whoever comes while it goes on looks at what came of it.
      const before = underWay.get(key)
      if (before) {
        const done = await before
        if (!done || done.broken !== null || !isDue(done)) return done
      }
      const mine = change(upstream, place, isDue)
      underWay.set(key, mine)
      try {
        return await mine
      } finally {
        if (underWay.get(key) === mine) underWay.delete(key)
      }
    },
  }
}
