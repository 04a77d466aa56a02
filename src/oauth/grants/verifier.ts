import { RecentMap, epochSeconds } from '#foundation'
import type { Clock } from '#foundation'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { TokenContent } from '../oauth.ts'
import { readAccessToken, tokenHash } from '../token/access-token.ts'
import { subjectOf } from './grant.ts'
import type { GrantLife } from './grant-life.ts'
import type { LiveGrant } from './live-grants.ts'
import { callersLeft, detailsLeft, scopesLeft } from './standing.ts'

/** Seconds by which another replica's clock may be ahead of ours. */
const aheadBy = 60
/** Seconds a token is still taken after it expired: replicas' clocks, no more (RFC 7519 §4.1.4 allows a few minutes). */
const behindBy = 5
const most = 20_000

/** A token that was good when seen first, for as long as its grant is the one we knew. */
type Verified = { content: TokenContent; live: LiveGrant; trust: number }

/**
 * The token's content, if it is good and for that resource, or for who asks as the function says. Throws AccessWithheld.
 */
export type Verify = (
  token: string,
  audience: string | ((content: TokenContent) => boolean),
) => Promise<TokenContent | undefined>

export type VerifierOptions = {
  issuer: string
  keys: SigningKeys
  life: GrantLife
  clock: Clock
  used(live: LiveGrant, at: number): void
}

/**
 * Verifies our own access tokens: signature, type, issuer, audience, time, and that the grant is alive and active.
 * A repeated call costs a hash and a lookup (stack §0).
 */
export function createVerifier({ issuer, keys, life, clock, used }: VerifierOptions): Verify {
  const cache = new RecentMap<string, Verified>(most)

  const read = async (token: string, now: Date): Promise<Verified | undefined> => {
    // Before the key is looked up: if keys are taken back meanwhile, this answer isn't kept for long.
    const trust = keys.trust()
    const claims = await readAccessToken(keys, token)
    if (!claims || claims.iss !== issuer) return undefined
    const latest = epochSeconds(now) + aheadBy
    if (claims.iat > latest || (claims.nbf ?? 0) > latest) return undefined
    const live = await life.find(claims.grant_id)
    // Deeds of the same grant alone: a token can't borrow the life of another person's grant.
    if (!live || live.grant.clientId !== claims.client_id || subjectOf(live.grant) !== claims.sub)
      return undefined
    return {
      live,
      trust,
      content: {
        subject: claims.sub,
        resourceOwner: live.grant.member,
        clientId: claims.client_id,
        clientName: live.grant.client.name,
        grantId: claims.grant_id,
        // RFC 9396 §9.1: the grant's limits, and what the token itself says.
        details: claims.authorization_details
          ? [detailsLeft(live), ...claims.authorization_details]
          : detailsLeft(live),
        scopes: scopesLeft(live, claims.scope === '' ? [] : claims.scope.split(' ')),
        audience: claims.aud,
        expiresAt: claims.exp,
        issuedAt: claims.iat,
        tokenId: claims.jti,
        boundTo: claims.cnf?.jkt ?? null,
        act: claims.act ?? null,
        callers: callersLeft(live),
      },
    }
  }

  return async function verify(token, audience) {
    const now = clock.now()
    const hash = tokenHash(token)
    const known = cache.get(hash)
    const verified = known?.live.current && known.trust === keys.trust() ? known : await read(token, now)
    if (!verified) {
      if (known) cache.delete(hash)
      return undefined
    }
    const { content, live } = verified
    // The registered spelling, whole: neither prefix nor origin nor a list will do (attacks G1).
    const fits = typeof audience === 'string' ? content.audience === audience : audience(content)
    if (!fits || content.expiresAt + behindBy <= epochSeconds(now)) return undefined
    const judged = life.judge(live, now, 'resource')
    const standing = typeof judged === 'string' ? judged : await judged
    if (standing === 'over' && verified === known) {
      // Unused for too long, as far as we know: another replica may know better.
      cache.delete(hash)
      return verify(token, audience)
    }
    if (standing !== 'good') return undefined
    if (verified !== known && live.current) cache.set(hash, verified)
    // Looking at a token is no use of it.
    if (typeof audience === 'string') used(live, now.getTime())
    return content
  }
}
