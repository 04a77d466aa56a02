import { decodeJwt, decodeProtectedHeader, errors, importJWK, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { z } from 'zod'
import type { Clock } from '#foundation'
import { splitScope } from '../authorize/scopes.ts'
import { OAuthError } from '../errors.ts'
import type { StatementIssuer } from '../ports.ts'
import { assertionAlgorithms } from './client-assertion.ts'
import type { FindClientKeys } from './client-keys.ts'

/** Who vouches for a client, and for what. */
export type Vouched = { issuer: string; statement: string; scopes: readonly string[] | null }

/** Reads the software statement of a registration: its claims replace what the client says itself (RFC 7591 §2.3). */
export type SoftwareStatements = (
  sent: Record<string, unknown>,
  ip: string,
) => Promise<{ claimed: Record<string, unknown>; vouched: Vouched | null }>

const longest = 16 * 1024
/** Asymmetric alone: with a shared secret whoever checks it could have written it. */
const header = z.object({ alg: z.enum(assertionAlgorithms), kid: z.string().max(300).optional() })
/** Seconds by which an issuer's clock may differ from ours. */
const clockTolerance = 60
/** RFC 7519 §4.1: about the statement, not about the client. */
const ownClaims = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'software_statement']

export function createSoftwareStatements(deps: {
  issuers: readonly StatementIssuer[]
  keysOf: FindClientKeys
  clock: Clock
}): SoftwareStatements {
  return async (sent, ip) => {
    const statement = sent['software_statement']
    // RFC 7591 §2: what a server doesn't support it ignores; without issuers none is supported.
    if (statement === undefined || statement === null || deps.issuers.length === 0) {
      return { claimed: sent, vouched: null }
    }
    if (typeof statement !== 'string' || statement.length > longest) {
      throw invalid('software_statement is not a signed JWT')
    }
    const issuer = deps.issuers.find((one) => one.issuer === issuerOf(statement))
    if (!issuer) {
      throw new OAuthError(
        'unapproved_software_statement',
        'The issuer of the software statement is not one that this server was told to trust',
      )
    }
    const claims = await verify({ statement, issuer, ip }, deps.keysOf, deps.clock.now())
    const metadata = Object.fromEntries(Object.entries(claims).filter(([name]) => !ownClaims.includes(name)))
    const { scope } = claims
    return {
      claimed: { ...withoutKeys(sent, metadata), ...metadata },
      vouched: {
        issuer: issuer.issuer,
        statement,
        scopes: typeof scope === 'string' ? splitScope(scope) : null,
      },
    }
  }
}

/** Keys of the one place must not stand beside the other's (RFC 7591 §2: never both). */
function withoutKeys(sent: Record<string, unknown>, metadata: Record<string, unknown>) {
  const { jwks: _keys, jwks_uri: _uri, ...rest } = sent
  return 'jwks' in metadata || 'jwks_uri' in metadata ? rest : sent
}

function issuerOf(statement: string): string | undefined {
  try {
    return decodeJwt(statement).iss
  } catch {
    throw invalid('software_statement is not a signed JWT')
  }
}

async function verify(
  { statement, issuer, ip }: { statement: string; issuer: StatementIssuer; ip: string },
  keysOf: FindClientKeys,
  now: Date,
): Promise<JWTPayload> {
  const { alg, kid } = readHeader(statement)
  const keys = await keysOf(issuer, { alg, kid }, ip)
  // Not the client's fault, and gone in a minute: it may try again as it is.
  if (keys === null) {
    throw new OAuthError('temporarily_unavailable', 'The keys of the statement’s issuer can’t be had now')
  }
  const options = { algorithms: [alg], issuer: issuer.issuer, clockTolerance, currentDate: now }
  let why = 'is not signed by its issuer'
  for (const key of keys) {
    try {
      return (await jwtVerify(statement, await importJWK(key, alg), options)).payload
    } catch (error) {
      if (error instanceof errors.JWTExpired) why = 'has expired'
      else if (error instanceof errors.JWTClaimValidationFailed) why = 'is not valid yet'
    }
  }
  throw invalid(`The software statement ${why}`)
}

function readHeader(statement: string): z.infer<typeof header> {
  try {
    return header.parse(decodeProtectedHeader(statement))
  } catch {
    throw invalid(`A software statement is a JWT signed with ${assertionAlgorithms.join(', ')}`)
  }
}

function invalid(why: string): OAuthError {
  return new OAuthError('invalid_software_statement', why)
}
