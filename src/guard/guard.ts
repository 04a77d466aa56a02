import { challengeResponse, refusal } from './challenge.ts'
import type { Challenge } from './challenge.ts'
import { allowOrigin, fromForeignOrigin, preflightResponse } from './cors.ts'
import { readCredentials, schemeOf } from './credentials.ts'
import { metadataUrl } from './metadata.ts'
import { createProofs } from './proofs.ts'
import type { ProofFault, ProofOptions } from './proofs.ts'
import type { MayAsk, TokenVerifier, VerifiedToken } from './types.ts'

export type GuardOptions = {
  /** The protected resource's identifier: what a token's `aud` must say, to the letter. */
  resource: string
  /** Absolute URL of its metadata; derived from `resource` when absent. */
  metadataUrl?: string
  verifier: TokenVerifier
  /** Named by the first challenge: what a client should ask for. */
  defaultScopes?: readonly string[]
  /** Needed by every request. */
  requiredScopes?: readonly string[]
  /** True when the granted scopes satisfy the wanted one; by default only the same scope does. */
  scopeCovers?: (granted: readonly string[], wanted: string) => boolean
  /** How apps ask for these scopes, where the authorization server has other names for them. */
  scopeNames?: (scopes: readonly string[]) => readonly string[]
  /** Full origins whose pages may call; the resource's own when absent. */
  allowedOrigins?: readonly string[]
  /** `host:port` values of the `Host` header; the resource's own when absent. */
  allowedHosts?: readonly string[]
  realm?: string
  /** How proofs of possession are remembered and challenged (RFC 9449). */
  dpop?: ProofOptions
}

/** Why a request did not pass. `preflight` isn't a refusal: its answer is complete. */
export type RefusalReason =
  | 'host'
  | 'origin'
  | 'preflight'
  | 'no_credentials'
  | 'malformed'
  | 'invalid_token'
  | 'invalid_proof'
  | 'insufficient_scope'
  | 'withheld'
  | 'unavailable'

export type Checked =
  | { ok: true; token: VerifiedToken }
  | { ok: false; response: Response; reason: RefusalReason; cause?: unknown }

/** Stands before a protected resource: who may pass, and what everybody else is told. */
export interface Guard {
  /**
   * Checks host, origin and token, in this order. Touches neither method nor body: a challenge comes before any of those.
   * `mayAsk` bounds what a stranger's made-up tokens cost where checking one means asking another server.
   */
  check(request: Request, mayAsk?: MayAsk): Promise<Checked>
  /**
   * Asks again about a token that passed, for who kept its request waiting: a body can be sent slowly, and what the
   * token allows be taken away meanwhile. Null while it says the same.
   */
  recheck(request: Request, before: VerifiedToken): Promise<Response | null>
  /** True when the token's scopes satisfy all the wanted ones. */
  covers(token: VerifiedToken, scopes: readonly string[]): boolean
  /** 403 that names every scope the operation needs (MCP 2026-07-28, "Runtime Insufficient Scope Errors"). */
  insufficientScope(request: Request, scopes: readonly string[]): Response
  /** 401 for a token that verified and turned out to speak for nobody. */
  invalidToken(request: Request): Response
  /** Adds to a resource's own answer what a page at an allowed origin needs to read it. */
  finish(request: Request, response: Response): Response
}

/** Builds a guard for one protected resource. */
export function createGuard(options: GuardOptions): Guard {
  const { resource, verifier, defaultScopes = [], requiredScopes = [] } = options
  const own = new URL(resource)
  const origins = new Set(options.allowedOrigins ?? [own.origin])
  const hosts = new Set((options.allowedHosts ?? hostsOf(own)).map((host) => host.toLowerCase()))
  const base: Challenge = {
    realm: options.realm,
    resourceMetadata: options.metadataUrl ?? metadataUrl(resource),
  }
  const scopeCovers = options.scopeCovers ?? ((granted, wanted) => granted.includes(wanted))
  const proofs = createProofs(own.origin, options.dpop ?? {})
  const covers = (token: VerifiedToken, scopes: readonly string[]) =>
    scopes.every((scope) => scopeCovers(token.scopes, scope))

  const finish = (request: Request, response: Response) =>
    allowOrigin(request, schemeOf(request) === 'DPoP' ? proofs.addNonce(response) : response)
  const named = options.scopeNames ?? ((scopes) => scopes)
  const challenge = (request: Request, more: Omit<Challenge, 'resourceMetadata'>) =>
    finish(
      request,
      challengeResponse({
        ...base,
        scheme: schemeOf(request),
        ...more,
        ...(more.scopes && { scopes: named(more.scopes) }),
      }),
    )
  const insufficientScope = (request: Request, scopes: readonly string[]) =>
    challenge(request, {
      error: 'insufficient_scope',
      description: 'The grant behind this token does not allow this. Ask for the scopes named here',
      scopes,
    })
  const invalidToken = (request: Request) =>
    challenge(request, {
      error: 'invalid_token',
      description: 'The token is expired, revoked or not for this server',
      scopes: defaultScopes,
    })

  const unproved = (request: Request, { error, why }: ProofFault): Checked => {
    const response = challenge(request, { error, description: why, scopes: defaultScopes })
    return { ok: false, reason: 'invalid_proof', response }
  }
  // RFC 9449 §7.1, §7.2: a bound token counts with a proof of its key alone, and only a bound one has a proof.
  const wrongBinding = (request: Request, { boundTo }: VerifiedToken) =>
    challenge(request, {
      scheme: boundTo === null ? 'Bearer' : 'DPoP',
      error: 'invalid_token',
      description:
        boundTo === null
          ? 'The token is not bound to a key: present it with the Bearer scheme'
          : 'The token is bound to a key: present it with the DPoP scheme and a proof of that key',
      scopes: defaultScopes,
    })

  const unverified = (request: Request, cause: unknown) => {
    const why = withheldBecause(cause)
    if (why !== undefined) {
      // Without a challenge: another token or more scopes wouldn't help.
      const response = allowOrigin(request, refusal(403, 'access_denied', why))
      return { ok: false, reason: 'withheld', response } as const
    }
    // A verifier that can't tell is no reason to let anybody in, nor to make the client drop a good token.
    const response = refusal(503, 'temporarily_unavailable', 'Tokens cannot be checked just now', {
      'Retry-After': '1',
    })
    return { ok: false, reason: 'unavailable', response: allowOrigin(request, response), cause } as const
  }

  async function recheck(request: Request, before: VerifiedToken): Promise<Response | null> {
    const presented = readCredentials(request)
    if (presented.kind === 'none' || presented.kind === 'malformed') return invalidToken(request)
    try {
      const now = await verifier.verify(presented.token, resource)
      return now && JSON.stringify(now) === JSON.stringify(before) ? null : invalidToken(request)
    } catch (cause) {
      return unverified(request, cause).response
    }
  }

  async function check(request: Request, mayAsk?: MayAsk): Promise<Checked> {
    // MCP 2026-07-28 Streamable HTTP, "Security Warning": DNS rebinding. Host and Origin before anything else.
    const host = request.headers.get('host') ?? new URL(request.url).host
    if (!hosts.has(host.toLowerCase())) {
      const response = refusal(403, 'forbidden', `This server answers at ${own.origin} only`)
      return { ok: false, reason: 'host', response }
    }
    if (fromForeignOrigin(request, origins)) {
      const response = refusal(403, 'forbidden', 'Pages of this origin may not call this server')
      return { ok: false, reason: 'origin', response }
    }
    if (request.method === 'OPTIONS') {
      return { ok: false, reason: 'preflight', response: preflightResponse(request) }
    }
    const presented = readCredentials(request)
    if (presented.kind === 'none') {
      const response = challenge(request, { scopes: defaultScopes })
      return { ok: false, reason: 'no_credentials', response }
    }
    if (presented.kind === 'malformed') {
      const response = challenge(request, { error: 'invalid_request', description: presented.why })
      return { ok: false, reason: 'malformed', response }
    }
    const proof = presented.scheme === 'DPoP' ? await proofs.read(request, presented.token) : null
    if (proof && 'error' in proof) return unproved(request, proof)
    let token: VerifiedToken | undefined
    let fresh = true
    try {
      token = await verifier.verify(presented.token, resource, mayAsk)
      if (proof && token?.boundTo === proof.jkt) fresh = await proofs.spend(proof)
    } catch (cause) {
      return unverified(request, cause)
    }
    if (!token) return { ok: false, reason: 'invalid_token', response: invalidToken(request) }
    if (token.boundTo !== (proof?.jkt ?? null)) {
      return { ok: false, reason: 'invalid_token', response: wrongBinding(request, token) }
    }
    if (!fresh)
      return unproved(request, { error: 'invalid_dpop_proof', why: 'The proof was used before (jti)' })
    if (!covers(token, requiredScopes)) {
      const response = insufficientScope(request, requiredScopes)
      return { ok: false, reason: 'insufficient_scope', response }
    }
    return { ok: true, token }
  }

  return { check, recheck, covers, insufficientScope, invalidToken, finish }
}

/** The words of a verifier that refuses a good token for now ({@link TokenVerifier}). */
function withheldBecause(cause: unknown): string | undefined {
  return cause instanceof Error && 'withheld' in cause && typeof cause.withheld === 'string'
    ? cause.withheld
    : undefined
}

// RFC 9110 §7.2: a client may name the scheme's default port or leave it out.
function hostsOf({ host, port, protocol }: URL): string[] {
  return port === '' ? [host, `${host}:${protocol === 'http:' ? 80 : 443}`] : [host]
}
