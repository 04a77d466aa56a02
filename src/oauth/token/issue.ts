import { randomUUID } from 'node:crypto'
import { epochSeconds } from '#foundation'
import type { Clock, GrantId } from '#foundation'
import { allowedScopes } from '../clients/policy/ceilings.ts'
import { OAuthError } from '../errors.ts'
import { subjectOf } from '../grants/grant.ts'
import type { GrantTerms } from '../grants/grant.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { AuthorizationDetail, Resource } from '../ports.ts'
import { signIdToken } from '../openid/id-token.ts'
import type { Binding } from './grant-type.ts'
import type { TokenPolicy } from './token-policy.ts'
import { accessTokenLife, signAccessToken } from './access-token.ts'
import type { ActClaim } from './access-token.ts'

/** RFC 6749 §5.1. No nulls: SDKs refuse them (A73). */
export type TokenAnswer = {
  access_token: string
  token_type: 'Bearer' | 'DPoP'
  expires_in: number
  /** Always there, so that nobody has to guess what was granted (A53). */
  scope: string
  refresh_token?: string
  /** RFC 9396 §7: what of the details this token carries. */
  authorization_details?: readonly AuthorizationDetail[]
  /** OIDC Core §3.1.3.3. */
  id_token?: string
}

export type Issued = {
  grant: GrantId
  terms: GrantTerms
  scopes: readonly string[]
  refreshToken: string | undefined
  binding: Binding | null
  act?: ActClaim | null
}

/** Makes the answer: an access token for the grant's resource and, where there is one, its refresh token. */
export function createIssuer({
  issuer,
  keys,
  clock,
  policy,
  resources,
}: {
  issuer: string
  keys: SigningKeys
  clock: Clock
  resources: () => readonly Resource[]
  policy: Pick<TokenPolicy, 'ceilings'>
}) {
  /** A server elsewhere may look at signatures alone: no token names it before an administrator approved (design §4). */
  const audienceOf = ({ status, resource }: GrantTerms): string =>
    status === 'provisional' && resources().some(({ id, elsewhere }) => id === resource && elsewhere)
      ? issuer
      : resource

  return async function issue({
    grant,
    terms,
    scopes: asked,
    refreshToken,
    binding,
    act,
  }: Issued): Promise<TokenAnswer> {
    const ceilings = await policy.ceilings(terms, asked)
    const scopes = allowedScopes(ceilings, asked)
    if (scopes.length === 0 && asked.length > 0) {
      throw new OAuthError('invalid_scope', 'The client policy allows this app none of these scopes any more')
    }
    const longest = Math.min(accessTokenLife, ceilings.accessSeconds ?? accessTokenLife)
    const now = epochSeconds(clock.now())
    // No token outlives its grant.
    const life = terms.expiresAt
      ? Math.max(1, Math.min(longest, epochSeconds(terms.expiresAt) - now))
      : longest
    const scope = scopes.join(' ')
    const detailed = terms.authorizationDetails && { authorization_details: [...terms.authorizationDetails] }
    const key = await keys.current()
    const token = signAccessToken(key, {
      iss: issuer,
      sub: subjectOf(terms),
      aud: audienceOf(terms),
      client_id: terms.clientId,
      grant_id: grant,
      scope,
      jti: randomUUID(),
      iat: now,
      exp: now + life,
      ...(binding && { cnf: binding }),
      ...(act && { act }),
      ...detailed,
    })
    return {
      access_token: token,
      token_type: binding ? 'DPoP' : 'Bearer',
      expires_in: life,
      scope,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      ...detailed,
      // Somebody else's server takes an ID token at its word: there is none while an administrator is waited for.
      ...(terms.status !== 'provisional' &&
        tellsWho(terms, scopes) && {
          id_token: signIdToken(key, {
            issuer,
            subject: terms.member,
            clientId: terms.clientId,
            facts: terms.signIn,
            accessToken: token,
            now,
          }),
        }),
    }
  }
}

/** ID tokens tell of a person who was there herself; nobody signs in with a token that was exchanged. */
function tellsWho({ kind }: GrantTerms, scopes: readonly string[]): boolean {
  return scopes.includes('openid') && (kind === 'authorization_code' || kind === 'device_code')
}
