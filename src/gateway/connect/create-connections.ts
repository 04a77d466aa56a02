import { randomBytes } from 'node:crypto'
import type { Audit } from '#audit'
import type { ConnectionView } from '#contract'
import type { Clock, Log, OutwardClient } from '#foundation'
import type { Actor, MemberActor } from '#identity'
import type { Storage } from '#storage'
import type { CredentialView, Vault, VaultActor } from '#vault'
import type { UpstreamDirectory } from '../upstreams/directory.ts'
import { baseUrlOf } from '../upstreams/upstream.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { createAttempts } from './attempts.ts'
import { authorizationUrl, scopesFor } from './authorization-url.ts'
import { createBoundedFetch } from './bounded-fetch.ts'
import { createCallback } from './callback.ts'
import { clientDocument, documentAddressOf, redirectUriOf } from './client-document.ts'
import { clientIdentity, createClientIdentities } from './client-identity.ts'
import { ConnectFailure } from './connect-failure.ts'
import { readConnection } from './connection.ts'
import type { Connections } from './connections.ts'
import { loadLibrary } from './library.ts'
import { createRenewal } from './renew.ts'
import { readResourceMetadata } from './resource-metadata.ts'
import { createServerMetadata } from './server-metadata.ts'
import { createTokenEndpoint } from './token-endpoint.ts'

export type ConnectionsDependencies = {
  issuer: string
  /** Seals what is remembered while somebody is away. */
  secret: string
  storage: Storage
  audit: Audit
  vault: Vault
  outward: OutwardClient
  upstreams: UpstreamDirectory
  /** Who is signed in, in the browser that asks. */
  signedIn(request: Request): Promise<Actor | null>
  clock: Clock
  log: Log
}

/** Beginning makes Tandem ask servers that somebody else names: not more often than a person would. */
const rate = { limit: 20, window: 600 }
/** An access token that ends within this is renewed before it is used (milliseconds). */
const margin = 60_000

export function createConnections(deps: ConnectionsDependencies): Connections {
  const { issuer, storage, vault, outward, upstreams, clock, log } = deps
  const library = loadLibrary
  const http = createBoundedFetch(outward)
  const servers = createServerMetadata({ http, outward, library, clock })
  const clients = createClientIdentities({ issuer, vault, http, library, clock, log })
  const tokens = createTokenEndpoint({ issuer, http, library, clients, servers, log })
  const attempts = createAttempts(deps)
  const renewal = createRenewal({ vault, library, servers, clients, tokens, clock, log })

  const signsIn = ({ auth, url }: Upstream): boolean => auth.kind === 'oauth' && url !== null
  /** Those where people sign in themselves. */
  const named = (name: string): Upstream | undefined => {
    const upstream = upstreams.named(name)
    return upstream?.enabled && signsIn(upstream) ? upstream : undefined
  }
  const callback = createCallback({ ...deps, named, library, attempts, tokens })

  const placeOf = ({ member }: MemberActor, { id }: Upstream) => ({ member, upstream: id })
  const by = ({ member, name }: MemberActor, ip: string): VaultActor => ({ kind: 'member', member, name, ip })

  const begin = async (actor: MemberActor, upstream: Upstream): Promise<{ location: string }> => {
    const { allowed } = await storage.rateLimiter.take(`connect:${actor.member}`, rate)
    if (!allowed) throw new ConnectFailure('limit', 'too many within ten minutes')
    const baseUrl = baseUrlOf(upstream)
    const facts = await readResourceMetadata({ http, outward }, baseUrl)
    const server = await servers.fetch(facts.issuer)
    const client = await clients.choose(upstream, server)
    const [state, verifier] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
    const { resource } = facts
    const owner = { member: actor.member, session: actor.session, upstream: upstream.id }
    await attempts.open(state, owner, { verifier, baseUrl, resource, client, server })
    const location = await authorizationUrl(library, server, {
      clientId: client.id,
      redirectUri: redirectUriOf(issuer, upstream),
      scopes: scopesFor(upstream, facts, server),
      state,
      verifier,
      resource,
    })
    return { location }
  }

  const view = (upstream: Upstream, kept: CredentialView | null): ConnectionView | null => {
    // One for another address is none: it opens no more.
    const own = kept?.kind === 'oauth' && kept.baseUrl === baseUrlOf(upstream) ? kept : null
    if (!signsIn(upstream) || (!upstream.enabled && own === null)) return null
    return {
      upstream: upstream.name,
      title: upstream.title,
      host: new URL(baseUrlOf(upstream)).host,
      state: own === null ? 'none' : own.broken === null ? 'connected' : 'broken',
      since: own?.updatedAt.toISOString() ?? null,
      broken: own?.broken ?? null,
      enabled: upstream.enabled,
    }
  }

  return {
    async list(actor) {
      const mine = new Map((await vault.list({ member: actor.member })).map((one) => [one.upstream, one]))
      return upstreams.all().flatMap((upstream) => view(upstream, mine.get(upstream.id) ?? null) ?? [])
    },
    async view(actor, name) {
      const upstream = upstreams.named(name)
      return upstream ? view(upstream, await vault.view(placeOf(actor, upstream))) : null
    },
    async begin(actor, name) {
      const upstream = named(name)
      if (!upstream) return null
      try {
        return await begin(actor, upstream)
      } catch (error) {
        if (error instanceof ConnectFailure)
          log.warn(
            { upstream: name, problem: error.problem, why: error.message },
            'a connection didn’t begin',
          )
        throw error
      }
    },
    async end(actor, name, ip) {
      const upstream = upstreams.named(name)
      if (!upstream || !signsIn(upstream)) return false
      const place = placeOf(actor, upstream)
      const kept = await vault.open(place, [baseUrlOf(upstream)])
      const removed = await vault.remove(place, by(actor, ip))
      const connection = kept?.kind === 'oauth' ? readConnection(kept.secret) : null
      if (removed && connection) await tokens.end(upstream, connection)
      return removed
    },
    async handle(request, from, path) {
      if (path.startsWith('/oauth-client/')) return document(request, path)
      const name = /^\/connect\/([a-z][a-z0-9-]{0,31})\/callback$/.exec(path)?.[1]
      return name === undefined || request.method !== 'GET' ? null : callback(name, request, from)
    },
    async credential(upstream, place, refused) {
      const kept = await vault.open(place, [baseUrlOf(upstream)])
      if (kept?.kind !== 'oauth' || kept.broken !== null) return kept
      const isDue = ({ expiresAt, secret }: { expiresAt: Date | null; secret: string }) =>
        refused === undefined
          ? expiresAt !== null && expiresAt.getTime() - clock.now().getTime() < margin
          : readConnection(secret)?.accessToken === refused
      if (!isDue(kept)) return kept
      try {
        return await renewal.renew(upstream, place, isDue)
      } catch (error) {
        // Before its end a token is good, whether it could be renewed or not.
        const left = (kept.expiresAt?.getTime() ?? 0) - clock.now().getTime()
        if (refused === undefined && left > 5000) return kept
        throw error
      }
    },
    async client(upstream) {
      const { auth } = upstream
      const all = await vault.list({ upstream: upstream.id })
      const connected = all.filter(
        ({ member, kind, broken }) => member !== null && kind === 'oauth' && broken === null,
      )
      const kept = all.find(({ member, kind }) => member === null && kind === 'client')
      const document = documentAddressOf(issuer, upstream)
      const common = {
        hasSecret: false,
        redirectUri: redirectUriOf(issuer, upstream),
        connected: connected.length,
      }
      if (auth.kind === 'oauth' && auth.clientId !== undefined)
        return {
          ...common,
          how: 'manual',
          clientId: auth.clientId,
          issuer: null,
          hasSecret: all.some(({ member, kind }) => member === null && kind === 'key'),
        }
      const opened = kept && (await vault.open({ member: null, upstream: upstream.id }, [kept.baseUrl]))
      if (opened && opened.broken === null) {
        const { id } = clientIdentity.parse(JSON.parse(opened.secret))
        return { ...common, how: 'registered', clientId: id, issuer: opened.baseUrl }
      }
      return document === null
        ? { ...common, how: 'none', clientId: null, issuer: null }
        : { ...common, how: 'document', clientId: document, issuer: null }
    },
    async setClientSecret(actor, upstream, secret, ip) {
      const { auth } = upstream
      if (auth.kind !== 'oauth' || auth.clientId === undefined) return false
      const place = { member: null, upstream: upstream.id }
      if (secret === null) await vault.remove(place, by(actor, ip))
      else await vault.put(place, { kind: 'key', secret, baseUrl: baseUrlOf(upstream) }, by(actor, ip))
      return true
    },
    async forgetClient(actor, upstream, ip) {
      const place = { member: null, upstream: upstream.id }
      const kept = await vault.view(place)
      return kept?.kind === 'client' && vault.remove(place, by(actor, ip))
    },
  }

  function document(request: Request, path: string): Response {
    const name = /^\/oauth-client\/([a-z][a-z0-9-]{0,31})\.json$/.exec(path)?.[1]
    const upstream = name === undefined ? undefined : named(name)
    const headers = { 'Cache-Control': 'no-store' }
    if (!upstream || documentAddressOf(issuer, upstream) === null)
      return Response.json({ error: 'not_found', message: 'There is nothing here' }, { status: 404, headers })
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return Response.json(
        { error: 'method_not_allowed', message: 'Use GET' },
        { status: 405, headers: { ...headers, Allow: 'GET, HEAD' } },
      )
    return Response.json(clientDocument(issuer, upstream), { headers: { 'Cache-Control': 'max-age=3600' } })
  }
}
