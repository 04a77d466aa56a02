import { z } from 'zod'
import type { Clock, ForeignIssuer } from '#foundation'
import { introspectionReader, jwtReader } from '#guard'
import type { MayAsk } from '#guard'
import { keysAddress } from './issuer-facts.ts'

/** Of the other server's words, what we understand. */
export type ForeignToken = {
  subject: string
  clientId: string
  scopes: readonly string[]
  expiresAt: number
  issuedAt: number
  tokenId: string
  boundTo: string | null
  /** Null unless the other server says that it is hers. */
  email: string | null
}
/** Undefined for what must not be honoured; throws when nobody can tell. */
export type ReadForeignToken = (
  token: string,
  resource: string,
  mayAsk?: MayAsk,
) => Promise<ForeignToken | undefined>

const list = z.union([z.string().transform((text) => text.split(' ').filter(Boolean)), z.array(z.string())])
/**
 * RFC 9068 §2.2, as far as servers follow it. `client_id` must be there: a session's token has none (Clerk writes `azp`
 * and `sid`), and a session is no permission of an app.
 */
const claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  client_id: z.string().min(1).max(500),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  exp: z.number(),
  iat: z.number().default(0),
  nbf: z.number().optional(),
  jti: z.string().default(''),
  scope: list.optional(),
  scp: list.optional(),
  email: z.string().max(320).optional(),
  email_verified: z.unknown().optional(),
  // RFC 7800 §3: a key of a kind that we can't ask a proof for makes the token one that we can't take.
  cnf: z.strictObject({ jkt: z.string().min(1) }).optional(),
})

export function createReadForeignToken(of: ForeignIssuer, ask: typeof fetch, clock: Clock): ReadForeignToken {
  const answer = of.introspection ? byAsking(of.introspection, ask) : bySignature(of, ask, clock)
  return async (token, resource, mayAsk) => {
    const read = claims.safeParse(await answer(token, mayAsk))
    if (!read.success) return undefined
    const said = read.data
    const now = clock.now().getTime() / 1000
    // RFC 7662 §4: what a server says of a token is checked as what a token says itself.
    if (said.iss !== of.issuer || said.exp <= now || (said.nbf ?? 0) > now + 30) return undefined
    if (!isForUs(of, said, resource)) return undefined
    return {
      subject: said.sub,
      clientId: said.client_id,
      scopes: said.scope ?? said.scp ?? [],
      expiresAt: said.exp,
      issuedAt: said.iat,
      tokenId: said.jti,
      boundTo: said.cnf?.jkt ?? null,
      email: said.email !== undefined && said.email_verified === true ? said.email : null,
    }
  }
}

/** RFC 9068 §4: `aud` names us. Without one, only the listed clients' tokens are ours; with another one, nobody's are. */
function isForUs(
  { audience, clients }: ForeignIssuer,
  { aud, client_id: client }: z.infer<typeof claims>,
  resource: string,
): boolean {
  return aud === undefined
    ? (clients?.includes(client) ?? false)
    : [aud].flat().includes(audience ?? resource)
}

function bySignature(of: ForeignIssuer, ask: typeof fetch, clock: Clock) {
  const read = jwtReader({ issuer: of.issuer, jwksUri: keysAddress(of, ask, clock), clock, fetch: ask })
  return (token: string) => read(token, { typ: of.type })
}

const inactive = z.object({ active: z.literal(false) })
const active = z.looseObject({ active: z.literal(true), token_type: z.string().optional() })

function byAsking(
  { url, client_id: clientId, client_secret: clientSecret }: Introspection,
  ask: typeof fetch,
) {
  const answer = introspectionReader({ introspectionUri: url, clientId, clientSecret, fetch: ask })
  return async (token: string, mayAsk?: MayAsk): Promise<unknown> => {
    const said = await answer(token, mayAsk)
    if (inactive.safeParse(said).success) return undefined
    // What isn't an answer of RFC 7662 §2.2 tells nobody anything.
    const { token_type: type, ...content } = active.parse(said)
    // RFC 9449 §6.2: bound, and nobody says to which key. It must not become a bearer token by that.
    if (/^dpop$/i.test(type ?? '') && content['cnf'] === undefined) return undefined
    // Refresh tokens are known there too, and open nothing.
    return type === undefined || /^(bearer|dpop)$/i.test(type) ? content : undefined
  }
}
type Introspection = NonNullable<ForeignIssuer['introspection']>
