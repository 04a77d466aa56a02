import type { ClientAuth } from 'oauth4webapi'
import { z } from 'zod'
import type { Clock, Log } from '#foundation'
import type { Vault } from '#vault'
import { baseUrlOf } from '../upstreams/upstream.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { BoundedFetch } from './bounded-fetch.ts'
import { clientMetadata, documentAddressOf } from './client-document.ts'
import { ConnectFailure, wordsOf } from './connect-failure.ts'
import type { OAuthLibrary } from './library.ts'
import type { Server } from './server-metadata.ts'

/**
 * How an authorization server knows us. What it gave at a registration stays with the connections that were made with
 * it: registering again ends none of them.
 */
export const clientIdentity = z.discriminatedUnion('how', [
  z.object({ how: z.literal('manual'), id: z.string() }),
  z.object({ how: z.literal('document'), id: z.string() }),
  z.object({
    how: z.literal('registered'),
    id: z.string(),
    method: z.enum(['none', 'client_secret_basic', 'client_secret_post']),
    secret: z.string().optional(),
    /** Milliseconds since 1970. */
    secretExpires: z.number().optional(),
  }),
])
export type ClientIdentity = z.infer<typeof clientIdentity>

type Deps = {
  issuer: string
  vault: Vault
  http: BoundedFetch
  library: OAuthLibrary
  clock: Clock
  log: Log
}

/** Who we are to an upstream's authorization server, in the order of MCP 2026-07-28, "Client Registration Approaches". */
export function createClientIdentities({ issuer, vault, http, library, clock, log }: Deps) {
  const place = (upstream: Upstream) => ({ member: null, upstream: upstream.id })

  const registeredBefore = async (upstream: Upstream, server: Server): Promise<ClientIdentity | null> => {
    // Credentials are of one issuer and never shown to another (MCP 2026-07-28, "Authorization Server Binding").
    const kept = await vault.open(place(upstream), [server.issuer])
    if (kept?.kind !== 'client' || kept.broken !== null) return null
    const known = clientIdentity.safeParse(JSON.parse(kept.secret))
    if (!known.success || known.data.how !== 'registered') return null
    const { secretExpires } = known.data
    return secretExpires !== undefined && secretExpires <= clock.now().getTime() ? null : known.data
  }

  const register = async (upstream: Upstream, server: Server): Promise<ClientIdentity> => {
    const oauth = await library()
    const offered = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const method = methods.find((one) => offered.includes(one))
    if (!method) throw new ConnectFailure('client', `${server.issuer} takes none of ${methods.join(', ')}`)
    try {
      const answer = await oauth.dynamicClientRegistrationRequest(
        server,
        { ...clientMetadata(issuer, upstream), token_endpoint_auth_method: method },
        { [oauth.customFetch]: http, [oauth.allowInsecureRequests]: true },
      )
      const made = await oauth.processDynamicClientRegistrationResponse(await as201(answer))
      const identity = identityFrom(made, method)
      await vault.put(
        place(upstream),
        { kind: 'client', secret: JSON.stringify(identity), baseUrl: server.issuer },
        { kind: 'system', name: 'gateway' },
      )
      log.info({ upstream: upstream.name, issuer: server.issuer }, 'registered with an authorization server')
      return identity
    } catch (error) {
      if (error instanceof ConnectFailure) throw error
      throw new ConnectFailure('client', `registering with ${server.issuer}: ${wordsOf(error)}`)
    }
  }

  const secretOf = async (
    upstream: Upstream,
    server: Server,
    client: ClientIdentity,
  ): Promise<string | undefined> => {
    if (client.how === 'registered') return client.secret
    if (client.how === 'document') return undefined
    const kept = await vault.open(place(upstream), [server.issuer, baseUrlOf(upstream)])
    if (kept?.kind !== 'key' || kept.broken !== null) return undefined
    // The first authorization server that it is used at is the one it was made at; one that the upstream names later
    // never sees it (MCP 2026-07-28, "Authorization Server Binding").
    if (kept.baseUrl !== server.issuer)
      await vault.put(
        place(upstream),
        { kind: 'key', secret: kept.secret, baseUrl: server.issuer },
        { kind: 'system', name: 'gateway' },
      )
    return kept.secret
  }

  return {
    /** For a connection that begins. @throws ConnectFailure */
    async choose(upstream: Upstream, server: Server): Promise<ClientIdentity> {
      const { auth } = upstream
      if (auth.kind === 'oauth' && auth.clientId !== undefined) return { how: 'manual', id: auth.clientId }
      const document = documentAddressOf(issuer, upstream)
      if (document !== null && takesDocuments(server)) return { how: 'document', id: document }
      const known = await registeredBefore(upstream, server)
      if (known) return known
      if (server.registration_endpoint !== undefined) return register(upstream, server)
      throw new ConnectFailure('client', `${server.issuer} lets nobody register and has no client of ours`)
    },

    /** How the client proves itself at the token endpoint. */
    async authentication(upstream: Upstream, server: Server, client: ClientIdentity): Promise<ClientAuth> {
      const oauth = await library()
      const secret = await secretOf(upstream, server, client)
      if (secret === undefined) return oauth.None()
      const post =
        client.how === 'registered'
          ? client.method === 'client_secret_post'
          : server.token_endpoint_auth_methods_supported?.includes('client_secret_basic') === false &&
            server.token_endpoint_auth_methods_supported.includes('client_secret_post')
      return post ? oauth.ClientSecretPost(secret) : basic(secret)
    },

    /** The next connection registers anew. False when nothing was kept. */
    async forget(upstream: Upstream, issuerThere: string, id: string): Promise<void> {
      const kept = await vault.open(place(upstream), [issuerThere])
      if (kept?.kind !== 'client') return
      const known = clientIdentity.safeParse(JSON.parse(kept.secret))
      if (known.success && known.data.id === id)
        await vault.remove(place(upstream), { kind: 'system', name: 'gateway' })
    },
  }
}
export type ClientIdentities = ReturnType<typeof createClientIdentities>

/**
 * RFC 6749 §2.3.1 and appendix B. The library's own writes `-`, `_` and `.` as octets too, which is allowed and which
 * servers that forget to decode don't take.
 */
function basic(secret: string): ClientAuth {
  const encode = (text: string) => new URLSearchParams({ x: text }).toString().slice(2)
  return (_server, { client_id: id }, _body, headers) => {
    const pair = Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')
    headers.set('authorization', `Basic ${pair}`)
  }
}

/** A secret where there can be one: a server keeps it, unlike an app. */
const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const

function takesDocuments(server: Server): boolean {
  const offered = server.token_endpoint_auth_methods_supported
  return server['client_id_metadata_document_supported'] === true && (offered?.includes('none') ?? false)
}

/** RFC 7591 §3.2.1: the server may have chosen otherwise; what it answers counts. */
function identityFrom(made: Record<string, unknown>, asked: (typeof methods)[number]): ClientIdentity {
  const { client_id: id, client_secret: secret, client_secret_expires_at: expires } = made
  const chosen = made['token_endpoint_auth_method'] ?? asked
  const method = methods.find((one) => one === chosen)
  if (typeof id !== 'string' || !method || (method !== 'none' && typeof secret !== 'string'))
    throw new ConnectFailure('client', 'the registration was answered with a client that can’t be used')
  return {
    how: 'registered',
    id,
    method,
    ...(method !== 'none' && typeof secret === 'string' && { secret }),
    ...(typeof expires === 'number' && expires > 0 && { secretExpires: expires * 1000 }),
  }
}

/** Several servers answer 200 where RFC 7591 §3.2.1 says 201. */
async function as201(answer: Response): Promise<Response> {
  if (answer.status !== 200) return answer
  return new Response(await answer.arrayBuffer(), { status: 201, headers: answer.headers })
}
