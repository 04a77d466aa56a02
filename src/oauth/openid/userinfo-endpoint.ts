import { invalidProof } from '../dpop/read-proofs.ts'
import type { Proofs } from '../dpop/read-proofs.ts'
import type { Endpoint } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { OAuthErrorCode } from '../errors.ts'
import { checkCallers } from '../grants/check-callers.ts'
import type { Verify } from '../grants/verifier.ts'
import type { TokenContent } from '../oauth.ts'
import type { People, Person } from '../ports.ts'

export type UserinfoDependencies = {
  verify: Verify
  people: People
  proofs: Proofs
}

/**
 * `/oauth/userinfo` (OIDC Core §5.3): who the person is, for the bearer of any access token of hers that carries
 * `openid`, whatever resource it opens besides. Scopes say what is told (§5.4).
 */
export function createUserinfoEndpoint(deps: UserinfoDependencies): Endpoint {
  return async (request, from) => {
    const presented = readCredentials(request)
    // What is paused or stopped is told in its own words (403): the token will be good again (decision 14).
    const token = await deps.verify(presented.token, () => true)
    if (!token) throw refused('invalid_token', 'The access token is not valid, or no longer')
    checkCallers(token.callers, from)
    const headers = await checkBinding(deps.proofs, request, presented, token)
    if (!token.scopes.includes('openid')) {
      throw refused('insufficient_scope', 'The token does not carry openid', { status: 403, scope: 'openid' })
    }
    const person = await deps.people.find({ member: token.resourceOwner as Person['member'] })
    // A client that acts for nobody else has no name of its own to tell.
    if (!person || token.subject !== person.member)
      throw refused('invalid_token', 'The token speaks for nobody')
    return Response.json(claimsOf(person, token.scopes), {
      headers: { 'Cache-Control': 'no-store', ...headers },
    })
  }
}

function claimsOf(
  { member, name, email, emailVerified }: Person,
  scopes: readonly string[],
): Record<string, unknown> {
  return {
    sub: member,
    ...(scopes.includes('profile') && { name }),
    ...(scopes.includes('email') && { email, email_verified: emailVerified ?? false }),
  }
}

type Presented = { scheme: 'bearer' | 'dpop'; token: string }

/** RFC 6750 §2.1: in the Authorization header, and nowhere else. */
function readCredentials(request: Request): Presented {
  const [, scheme, token] =
    /^(bearer|dpop) ([\w\-.~+/]+=*)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  if (scheme === undefined || token === undefined) {
    throw new OAuthError('invalid_token', 'Send the access token in the Authorization header', {
      headers: { 'WWW-Authenticate': 'Bearer' },
    })
  }
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', token }
}

/** RFC 9449 §7.1, §7.2: a bound token needs the proof of its key, and is no bearer token (attacks A3). */
async function checkBinding(
  proofs: Proofs,
  request: Request,
  { scheme, token }: Presented,
  { boundTo }: TokenContent,
): Promise<Record<string, string>> {
  if ((boundTo !== null) !== (scheme === 'dpop')) {
    throw refused(
      'invalid_token',
      'The token is presented in the wrong way: bound ones with DPoP, others as Bearer',
    )
  }
  if (boundTo === null) return {}
  try {
    const proof = await proofs.read(request, token)
    if (proof?.jkt !== boundTo) throw invalidProof('There is no proof, or it has another key')
    await proofs.spend(proof)
    return proofs.headersFor(proof)
  } catch (error) {
    // RFC 9449 §7.1, §9: at a resource it is a 401 with its challenge.
    if (!(error instanceof OAuthError) || !isProofs(error.code)) throw error
    throw refused(error.code, error.description, { headers: error.headers })
  }
}

function isProofs(code: OAuthErrorCode): code is 'invalid_dpop_proof' | 'use_dpop_nonce' {
  return code === 'invalid_dpop_proof' || code === 'use_dpop_nonce'
}

type Refusal = 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof' | 'use_dpop_nonce'

function refused(
  error: Refusal,
  why: string,
  more: { status?: number; scope?: string; headers?: Record<string, string> } = {},
): OAuthError {
  const scheme = isProofs(error) ? 'DPoP' : 'Bearer'
  const scope = more.scope === undefined ? '' : `, scope="${more.scope}"`
  return new OAuthError(error, why, {
    status: more.status ?? 401,
    headers: { ...more.headers, 'WWW-Authenticate': `${scheme} error="${error}"${scope}` },
  })
}
