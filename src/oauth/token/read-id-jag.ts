import { z } from 'zod'
import type { Clock, ReplayCache } from '#foundation'
import { assertionAlgorithms } from '../clients/client-assertion.ts'
import type { FindClientKeys } from '../clients/client-keys.ts'
import type { Client } from '../clients/client.ts'
import { decodePart, isSignedBy } from '../clients/signed-jwt.ts'
import { OAuthError } from '../errors.ts'
import type { EnterpriseProvider } from '../ports.ts'

/** What an identity provider says: this person may use this app with this resource (ID-JAG §3). */
export type IdJag = z.infer<typeof claims> & { provider: EnterpriseProvider }

/**
 * Believes an assertion or throws invalid_grant (RFC 7523 §3, §3.1): of a configured provider, for us and this
 * client, for now, signed. `use` marks it as used and throws when it was before, on whichever replica.
 */
export type ReadIdJag = (
  assertion: string,
  client: Client,
  from: { ip: string },
) => Promise<{ said: IdJag; use(): Promise<void> }>

const longest = 16 * 1024
/** Seconds a provider's clock may differ from ours. */
const skew = 30
/** Seconds an assertion may be good for at most: providers give five minutes. */
const longestLife = 3600

/** A list of one means the same (A218); a list of several could be shown to somebody else. */
const one = z.union([z.string(), z.tuple([z.string()]).transform(([only]) => only)])
const header = z.object({
  alg: z.enum(assertionAlgorithms),
  // A216, RFC 8725 §3.11: no ID token or access token of the same provider passes for one. RFC 7515 §4.1.9.
  typ: z.string().regex(/^(application\/)?oauth-id-jag\+jwt$/i),
  kid: z.string().max(300).optional(),
  crit: z.undefined().optional(),
})
/** What the database is asked for: no text there holds NUL. */
const nameable = z.string().regex(/^[^\0]+$/)
const claims = z.object({
  iss: z.string(),
  sub: nameable.max(500),
  aud: one,
  client_id: z.string(),
  jti: z.string().min(1).max(512),
  exp: z.number(),
  iat: z.number(),
  nbf: z.number().optional(),
  // EMA asks for it: an assertion for no resource would be good for all.
  resource: one,
  scope: z.string().max(2000).optional(),
  email: nameable.max(320).optional(),
  email_verified: z.boolean().optional(),
  tenant: z.string().optional(),
  cnf: z.object({ jkt: z.string() }).optional(),
  authorization_details: z.unknown().optional(),
})

export function createReadIdJag(deps: {
  issuer: string
  providers: readonly EnterpriseProvider[]
  keysOf: FindClientKeys
  replays: ReplayCache
  clock: Clock
}): ReadIdJag {
  const { issuer, providers, keysOf, replays, clock } = deps
  return async (assertion, client, { ip }) => {
    const { head, said } = read(assertion)
    const provider = providers.find((known) => known.issuer === said.iss)
    if (!provider) throw refused('its issuer is not one that this server was told to trust')
    const wrong = check(said, { issuer, client, provider, now: clock.now().getTime() / 1000 })
    // Before the keys: what can't be good must not make us fetch anything.
    if (wrong !== undefined) throw refused(wrong)
    const keys = await keysOf(provider, { alg: head.alg, kid: head.kid }, ip)
    if (keys === null) {
      throw new OAuthError('temporarily_unavailable', 'The identity provider’s keys can’t be had now')
    }
    if (!(await isSignedBy(assertion, keys, head.alg))) throw refused('its issuer did not sign it')
    return {
      said: { ...said, provider },
      async use() {
        // A221: as long as it could be shown again.
        const until = new Date((Math.ceil(said.exp) + 2 * skew) * 1000)
        if (!(await replays.first(`id-jag ${said.iss} ${said.jti}`, until)))
          throw refused('it was used before')
      },
    }
  }
}

function read(assertion: string): { head: z.infer<typeof header>; said: z.infer<typeof claims> } {
  const [first, second, third, ...more] = assertion.split('.')
  if (assertion.length > longest || !third || more.length > 0) throw refused('it is not a signed JWT')
  const head = header.safeParse(decodePart(first))
  if (!head.success) throw refused('its type must be oauth-id-jag+jwt, signed with an asymmetric algorithm')
  const said = claims.safeParse(decodePart(second))
  if (!said.success) {
    throw refused(`${said.error.issues[0]?.path.join('.') ?? 'a claim'} is missing or malformed`)
  }
  return { head: head.data, said: said.data }
}

function check(
  said: z.infer<typeof claims>,
  {
    issuer,
    client,
    provider,
    now,
  }: { issuer: string; client: Client; provider: EnterpriseProvider; now: number },
): string | undefined {
  const { aud, client_id, exp, iat, nbf, tenant } = said
  if (aud !== issuer) return 'it is meant for another server (aud)'
  // A219: an assertion that another client was given is none.
  if (client_id !== client.id) return 'it was given to another client (client_id)'
  if (provider.tenant !== null && tenant !== provider.tenant) return 'it is another tenant’s (tenant)'
  if (exp <= now - skew) return 'it has expired (exp)'
  if (exp > now + longestLife + skew) return 'it is good for too long (exp)'
  // An unheard limit would give more than the provider said.
  if (said.authorization_details !== undefined) return 'authorization_details are not taken here'
  if (iat > now + skew || (nbf ?? 0) > now + skew) return 'it is not good yet (iat, nbf)'
  return undefined
}

/** RFC 7523 §3.1. */
export function refused(why: string): OAuthError {
  return new OAuthError('invalid_grant', `The assertion is not accepted: ${why}`)
}
