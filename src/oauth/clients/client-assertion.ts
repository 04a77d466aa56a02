import { z } from 'zod'
import { epochSeconds, hashSecret } from '#foundation'
import type { Clock, ReplayCache } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { Client } from './client.ts'
import { decodePart, isSignedBy } from './signed-jwt.ts'
import type { FindClientKeys } from './client-keys.ts'

/** RFC 7523 §2.2: the one type of assertion there is here. */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Signatures a client may authenticate with: asymmetric ones alone (RFC 8725 §3.1). RS256 is what ChatGPT uses (A186). */
export const assertionAlgorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const

/** Seconds an assertion may be good for at most (A182). */
const longestLife = 600
/** Seconds a client's clock may differ from ours. */
const skew = 30
/** Seconds after which an assertion is too old, whatever it says of its end. */
const oldest = 3600
const longest = 16 * 1024

// RFC 7515 §4; typ as RFC 7519 §5.1 has it and the successor of RFC 7523 asks for. Tokens of other kinds name another.
const header = z.object({
  alg: z.enum(assertionAlgorithms),
  typ: z
    .string()
    .regex(/^(jwt|client-authentication\+jwt)$/i)
    .optional(),
  kid: z.string().max(300).optional(),
  crit: z.undefined().optional(),
})
// RFC 7523 §3.
const claims = z.object({
  iss: z.string(),
  sub: z.string().max(2000),
  // A153: a list of one means the same. A list of several could be shown to somebody else (attacks A2).
  aud: z.union([z.string(), z.tuple([z.string()]).transform(([only]) => only)]),
  exp: z.number(),
  nbf: z.number().optional(),
  iat: z.number().optional(),
  jti: z.string().min(1).max(512).optional(),
})
type Claims = z.infer<typeof claims>

/** An assertion as sent: what it says, and not yet that it is true. */
export type Assertion = {
  text: string
  header: z.infer<typeof header>
  claims: Claims
}

/** Reads what an assertion says of itself, without believing it. A string says what is wrong with it. */
export function readAssertion(type: string | null, text: string | null): Assertion | string {
  if (type !== assertionType) return `client_assertion_type must be ${assertionType}`
  if (text === null) return 'client_assertion is missing'
  const parts = text.split('.')
  if (text.length > longest || parts.length !== 3) return 'client_assertion is not a signed JWT'
  const [head, body] = parts
  const readHead = header.safeParse(decodePart(head))
  if (!readHead.success) {
    return `client_assertion must be a JWT signed with ${assertionAlgorithms.join(', ')}`
  }
  const readBody = claims.safeParse(decodePart(body))
  if (!readBody.success) {
    const name = readBody.error.issues[0]?.path.join('.') ?? ''
    return `client_assertion: ${name} is missing or malformed`
  }
  return { text, header: readHead.data, claims: readBody.data }
}

export type CheckAssertion = (
  assertion: Assertion,
  client: Client,
  from: {
    ip: string
    /** The endpoint's own address, where the assertion may be meant for it (RFC 9126 §2). */ endpoint:
      | string
      | undefined
  },
) => Promise<string | undefined>

/**
 * Believes an assertion or says why not (RFC 7523 §3): of this client, for us, for now, signed by its key, and never
 * seen before on any replica. Throws OAuthError temporarily_unavailable when the client's keys can't be had.
 */
export function createCheckAssertion(deps: {
  /** What `aud` may say: the issuer first. */
  audiences: readonly string[]
  /** RFC 7523bis: the issuer alone. */
  issuerOnly: boolean
  keysOf: FindClientKeys
  replays: ReplayCache
  clock: Clock
}): CheckAssertion {
  const { audiences, issuerOnly, keysOf, replays, clock } = deps
  return async ({ text, header: { alg, kid }, claims: said }, client, { ip, endpoint }) => {
    const expected = issuerOnly ? audiences.slice(0, 1) : [...audiences, ...(endpoint ? [endpoint] : [])]
    const wrong = checkClaims(said, client, expected, epochSeconds(clock.now()))
    // Before the keys: what can't be good must not make us fetch anything.
    if (wrong !== undefined) return wrong
    const keys = await keysOf(client, { alg, kid }, ip)
    if (keys === null) {
      throw new OAuthError('temporarily_unavailable', 'The client’s keys could not be fetched now (jwks_uri)')
    }
    if (keys.length === 0) return 'client_assertion names no key of this client (kid, alg)'
    if (!(await isSignedBy(text, keys, alg))) return 'client_assertion is not signed by this client'
    // Without jti the signed part stands for itself: a signature can be varied, what it signs can't.
    const once = said.jti ?? hashSecret(text.slice(0, text.lastIndexOf('.')))
    const until = new Date((Math.ceil(said.exp) + 2 * skew) * 1000)
    const first = await replays.first(`assertion ${client.id} ${once}`, until)
    return first ? undefined : 'client_assertion was used before (jti); sign a new one for each request'
  }
}

function checkClaims(
  { iss, sub, aud, exp, nbf, iat }: Claims,
  client: Client,
  expected: readonly string[],
  now: number,
): string | undefined {
  if (iss !== client.id || sub !== client.id)
    return 'client_assertion: iss and sub must both be the client_id'
  if (!expected.includes(aud)) return `client_assertion: aud must be ${expected.join(' or ')}`
  if (exp <= now - skew) return 'client_assertion has expired (exp)'
  if (exp > now + longestLife + skew)
    return 'client_assertion is good for too long; ten minutes at most (exp)'
  if (nbf !== undefined && nbf > now + skew) return 'client_assertion is not good yet (nbf)'
  if (iat !== undefined && iat > now + skew) return 'client_assertion was made in the future (iat)'
  if (iat !== undefined && iat < now - oldest) return 'client_assertion was made too long ago (iat)'
  return undefined
}
