import type { FetchImplementation, errors } from 'jose'
import { z } from 'zod'
import type { Clock } from '#foundation'
import type { TokenVerifier, VerifiedToken } from './types.ts'

export type JwksVerifierOptions = {
  /** The authorization server's issuer, byte for byte. */
  issuer: string
  jwksUri: string
  /** Signature algorithms to accept. Asymmetric ones only. */
  algorithms?: readonly string[]
  /** Seconds that two clocks may differ; at most 60. */
  skew?: number
  clock?: Clock
  fetch?: FetchImplementation
}

// RFC 9068 §2.2: the claims an access token must carry.
const claims = z.object({
  sub: z.string().min(1),
  client_id: z.string().min(1),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(1),
  scope: z.string().default(''),
  grant_id: z.string().default(''),
  authorization_details: z.unknown().optional(),
  // RFC 7800 §3: a key of a kind that we can't ask a proof for makes the token one that we can't take.
  cnf: z.strictObject({ jkt: z.string().min(1) }).optional(),
})

const asymmetric = /^(ES|PS|RS)(256|384|512)$|^(EdDSA|Ed25519)$/
// After a failed fetch, tokens are refused without asking again for this long: a refused token must not become a request.
const failureCooldown = 5_000

/**
 * Verifies JWT access tokens (RFC 9068 §4) with the keys that the authorization server publishes.
 * For resource servers that run apart from it: a grant that ended is noticed when its token expires.
 */
export function jwksVerifier(options: JwksVerifierOptions): TokenVerifier {
  const read = jwtReader({ ...options, jwksUri: async () => options.jwksUri })
  return {
    async verify(token, audience): Promise<VerifiedToken | undefined> {
      const content = claims.safeParse(await read(token, { audience, typ: 'at+jwt' }))
      if (!content.success) return undefined
      const { sub, client_id, iat, exp, jti, scope, grant_id, authorization_details, cnf } = content.data
      return {
        subject: sub,
        resourceOwner: sub,
        clientId: client_id,
        clientName: '',
        grantId: grant_id,
        details: authorization_details,
        scopes: scope.split(' ').filter(Boolean),
        audience,
        expiresAt: exp,
        issuedAt: iat,
        tokenId: jti,
        boundTo: cnf?.jkt ?? null,
      }
    },
  }
}

/** What a token must say beside a good signature, issuer and time. No `audience`: whoever reads the claims looks. */
export type Expected = { audience?: string; typ?: string }

/**
 * The claims of a signed token of this issuer, or undefined for one that must not be honoured. Throws when its keys
 * can't be had. For servers whose tokens don't follow RFC 9068; {@link jwksVerifier} is for those that do.
 */
export function jwtReader(
  options: Omit<JwksVerifierOptions, 'jwksUri'> & { jwksUri(): Promise<string> },
): (token: string, expected: Expected) => Promise<Record<string, unknown> | undefined> {
  const { issuer, algorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'], skew = 30 } = options
  if (!algorithms.every((name) => asymmetric.test(name))) {
    // RFC 8725 §3.1, §3.2: with HS256 the published key would sign.
    throw new TypeError('jwksVerifier accepts asymmetric algorithms only')
  }
  if (!(skew >= 0 && skew <= 60)) throw new RangeError('skew is 0 to 60 seconds')
  const now = () => options.clock?.now() ?? new Date()
  const load = async () => {
    const { createRemoteJWKSet, customFetch, errors, jwtVerify } = await import('jose')
    const keys = createRemoteJWKSet(new URL(await options.jwksUri()), {
      timeoutDuration: 5_000,
      cooldownDuration: 30_000,
      cacheMaxAge: 600_000,
      [customFetch]: coolingFetch(options.fetch ?? fetch, now),
    })
    return { errors, jwtVerify, keys }
  }
  // With the first token: a server that checks its own tokens never needs it, and it takes 6 MB.
  let loaded: ReturnType<typeof load> | undefined
  const loading = () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = undefined
      throw error
    }))

  return async (token, { audience, typ }) => {
    const { errors, jwtVerify, keys } = await loading()
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        ...(audience !== undefined && { audience }),
        ...(typ !== undefined && { typ }),
        requiredClaims: ['exp'],
        algorithms: [...algorithms],
        clockTolerance: skew,
        currentDate: now(),
      })
      return (payload.iat ?? 0) > now().getTime() / 1000 + skew ? undefined : payload
    } catch (error) {
      if (isTokensFault(error, errors)) return undefined
      throw error
    }
  }
}

/** What is wrong with the token itself; all else means the keys can't be had, and that nobody can tell. */
function isTokensFault(error: unknown, kinds: typeof errors): boolean {
  return (
    error instanceof kinds.JWTClaimValidationFailed ||
    error instanceof kinds.JWTExpired ||
    error instanceof kinds.JWTInvalid ||
    error instanceof kinds.JWSInvalid ||
    error instanceof kinds.JWSSignatureVerificationFailed ||
    error instanceof kinds.JOSEAlgNotAllowed ||
    error instanceof kinds.JOSENotSupported ||
    error instanceof kinds.JWKSNoMatchingKey ||
    error instanceof kinds.JWKSMultipleMatchingKeys
  )
}

function coolingFetch(fetch: FetchImplementation, now: () => Date): FetchImplementation {
  let quietUntil = 0
  return async (url, init) => {
    if (now().getTime() < quietUntil) throw new Error('The key set could not be fetched a moment ago')
    try {
      const response = await fetch(url, init)
      if (!response.ok) quietUntil = now().getTime() + failureCooldown
      return response
    } catch (error) {
      quietUntil = now().getTime() + failureCooldown
      throw error
    }
  }
}
