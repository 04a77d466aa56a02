import { hash } from 'node:crypto'
import { z } from 'zod'
import { systemClock } from '#foundation'
import type { Clock } from '#foundation'
import type { MayAsk, TokenVerifier, VerifiedToken } from './types.ts'

export type IntrospectionVerifierOptions = {
  /** The authorization server's issuer, byte for byte. */
  issuer: string
  introspectionUri: string
  /** What this resource server is registered as there. */
  clientId: string
  clientSecret: string
  /** Seconds an answer is believed: 0 to 60, and never beyond the token's own end. A grant that ended is noticed then. */
  cacheSeconds?: number
  clock?: Clock
  fetch?: typeof fetch
}

// RFC 7662 §2.2, and what else we need to know. RFC 9449 §6.2: cnf.
const active = z.object({
  active: z.literal(true),
  iss: z.string(),
  sub: z.string().min(1),
  aud: z.union([z.string(), z.array(z.string())]),
  client_id: z.string().min(1),
  exp: z.number(),
  iat: z.number(),
  jti: z.string().min(1),
  scope: z.string().default(''),
  token_type: z.enum(['Bearer', 'DPoP']),
  cnf: z.strictObject({ jkt: z.string().min(1) }).optional(),
  // Ours; other servers have none of them.
  grant_id: z.string().default(''),
  client_name: z.string().default(''),
  resource_owner: z.string().optional(),
  authorization_details: z.unknown().optional(),
})
const inactive = z.object({ active: z.literal(false) })

const timeoutMs = 5_000
const mostKept = 5_000
const mostBytes = 64 * 1024

type Known = Omit<VerifiedToken, 'audience'> & { audiences: readonly string[] }

/**
 * Verifies access tokens by asking the authorization server (RFC 7662), for resource servers that run apart from it
 * and want to know within a minute that a grant has ended. The server must have registered this one for its resource.
 */
export function introspectionVerifier(options: IntrospectionVerifierOptions): TokenVerifier {
  const { issuer, introspectionUri, cacheSeconds = 30, clock = systemClock } = options
  if (!(cacheSeconds >= 0 && cacheSeconds <= 60)) throw new RangeError('cacheSeconds is 0 to 60')
  checkAddress(introspectionUri)
  const ask = introspectionReader(options)
  const kept = new Map<string, { content: Known; until: number }>()
  const underWay = new Map<string, Promise<Known | undefined>>()

  const learn = async (token: string, name: string, mayAsk?: MayAsk): Promise<Known | undefined> => {
    const content = readAnswer(await ask(token, mayAsk), issuer)
    kept.delete(name)
    // What isn't good is asked again: a grant that waited may have been approved. RFC 7662 §4.
    if (content === undefined) return undefined
    const until = Math.min(clock.now().getTime() + cacheSeconds * 1000, content.expiresAt * 1000)
    const [oldest] = kept.keys()
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest)
    kept.set(name, { content, until })
    return content
  }

  const find = (token: string, mayAsk?: MayAsk): Promise<Known | undefined> | Known | undefined => {
    // Its content can't be had back from its name.
    const name = hash('sha256', token, 'base64url')
    const known = kept.get(name)
    if (known && clock.now().getTime() < known.until) return known.content
    // Many calls with one token at once are one question.
    const running = underWay.get(name)
    if (running) return running
    // One that was good a moment ago is no stranger's.
    const mine = learn(token, name, known ? undefined : mayAsk).finally(() => underWay.delete(name))
    underWay.set(name, mine)
    return mine
  }

  return {
    async verify(token, audience, mayAsk): Promise<VerifiedToken | undefined> {
      const content = await find(token, mayAsk)
      if (!content || content.expiresAt * 1000 <= clock.now().getTime()) return undefined
      const { audiences, ...rest } = content
      // RFC 9068 §4; the server that answered knew only who asked.
      return audiences.includes(audience) ? { ...rest, audience } : undefined
    },
  }
}

/** Asks the authorization server; gives its answer as it is, and throws when there is none. RFC 7662 §2.1: a form, this server's own credentials, and an answer that says nothing is the same as none. */
export function introspectionReader({
  introspectionUri,
  clientId,
  clientSecret,
  fetch: given,
}: Omit<IntrospectionVerifierOptions, 'issuer'>): (token: string, mayAsk?: MayAsk) => Promise<unknown> {
  // RFC 6749 §2.3.1: each form-urlencoded before they are joined.
  const pair = [clientId, clientSecret].map(encodeURIComponent).join(':')
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  return async (token, mayAsk) => {
    if (mayAsk && !(await mayAsk())) throw new Error('Too many tokens of strangers: not asked')
    const response = await (given ?? fetch)(introspectionUri, {
      method: 'POST',
      headers: { authorization, accept: 'application/json' },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      // Our credentials go nowhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    // Wrong credentials, a limit, a fault: nobody can tell whether the token is good.
    if (response.status !== 200) throw new Error(`Introspection was answered with ${response.status}`)
    const text = await response.text()
    if (text.length > mostBytes) throw new Error('The introspection answer is too large')
    return JSON.parse(text)
  }
}

/** The content of an active answer. Throws for one that isn't an introspection answer at all. */
function readAnswer(answer: unknown, issuer: string): Known | undefined {
  if (inactive.safeParse(answer).success) return undefined
  const read = active.safeParse(answer)
  if (!read.success)
    throw new Error('The introspection answer is not of RFC 7662 §2.2', { cause: read.error })
  const said = read.data
  // RFC 9449 §6.2: what is bound says so in both places. One that contradicts itself is nobody's.
  if (said.iss !== issuer || (said.token_type === 'DPoP') !== (said.cnf !== undefined)) return undefined
  return {
    subject: said.sub,
    resourceOwner: said.resource_owner ?? said.sub,
    clientId: said.client_id,
    clientName: said.client_name,
    grantId: said.grant_id,
    details: said.authorization_details,
    scopes: said.scope.split(' ').filter(Boolean),
    audiences: [said.aud].flat(),
    expiresAt: said.exp,
    issuedAt: said.iat,
    tokenId: said.jti,
    boundTo: said.cnf?.jkt ?? null,
  }
}

function checkAddress(uri: string): void {
  const { protocol, hostname } = new URL(uri)
  const own = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (protocol !== 'https:' && !own) {
    throw new TypeError('introspectionUri is https, or on this computer: it is sent tokens and a secret')
  }
}
