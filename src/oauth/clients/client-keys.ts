import { RecentMap } from '#foundation'
import type { JWK } from 'jose'
import { z } from 'zod'
import type { Clock, Log, RateLimiter } from '#foundation'
import type { DocumentFetch } from '../ports.ts'
import { addressKey } from './address-key.ts'
import type { Client } from './client.ts'
import { freshFor } from './freshness.ts'
import { readClientKeys } from './metadata-keys.ts'

/** What an assertion says of the key that signed it. */
export type KeyHint = { alg: string; kid: string | undefined }

/** The keys that may have signed, best guesses of the client's own set. Null when the set can't be had now. */
export type FindClientKeys = (
  client: Pick<Client, 'keys'>,
  hint: KeyHint,
  ip: string,
) => Promise<JWK[] | null>

/** A client without `kid` in its assertions may be changing keys; more candidates than this are nobody's rotation. */
const mostCandidates = 4
const maxBytes = 64 * 1024
const timeoutMs = 4000
/** After a fetch, good or bad, the same address isn't asked again for this long: an unknown `kid` is anybody's to send (attacks A2). */
const cooldown = 60_000
/** How long a set outlives the web server it came from (A132). */
const lastGoodLife = 24 * 60 * 60 * 1000
/** Fetches of key sets that one address may cause per minute. */
const perAddress = { limit: 20, window: 60 }
const mostSets = 1000

type KeySet = {
  keys: JWK[]
  etag: string | null
  fetchedAt: number
  freshUntil: number
  /** Not asked again before. */
  quietUntil: number
}

const setSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(100) })

/**
 * The public keys of clients that authenticate with one (RFC 7523 §3): registered in place, or published at their
 * `jwks_uri` and fetched as metadata documents are. An unknown `kid` fetches the set anew, once a minute at most.
 */
export function createClientKeys(deps: {
  fetchDocument: DocumentFetch
  rateLimiter: RateLimiter
  clock: Clock
  log: Log
}): FindClientKeys {
  const { fetchDocument, rateLimiter, clock, log } = deps
  const sets = new RecentMap<string, KeySet>(mostSets)
  const underWay = new Map<string, Promise<KeySet | null>>()

  const fetchAnew = async (uri: string, known: KeySet | undefined, ip: string): Promise<KeySet | null> => {
    const now = clock.now().getTime()
    const keep = (set: KeySet) => {
      sets.set(uri, set)
      return set
    }
    const unavailable = (why: string) => {
      log.info({ uri, why }, 'a client’s keys are unavailable')
      if (known && known.fetchedAt + lastGoodLife > now) return keep({ ...known, quietUntil: now + cooldown })
      keep({ keys: [], etag: null, fetchedAt: 0, freshUntil: 0, quietUntil: now + cooldown })
      return null
    }
    if (!(await rateLimiter.take(`oauth.keys:${addressKey(ip)}`, perAddress)).allowed) {
      // The caller's fault, not the address's: nobody else waits for it.
      return known && known.fetchedAt + lastGoodLife > now ? known : null
    }
    const etag = known?.etag
    const accept = 'application/jwk-set+json, application/json'
    const answer = await fetchDocument(uri, { accept, maxBytes, timeoutMs, ...(etag ? { etag } : {}) })
    if (answer.status === 'unavailable') return unavailable(answer.why)
    const times = {
      fetchedAt: now,
      freshUntil: now + freshFor(answer.cacheControl),
      quietUntil: now + cooldown,
    }
    if (answer.status === 304)
      return known ? keep({ ...known, ...times }) : unavailable('304 to no validator')
    const keys = readSet(answer.body)
    return keys ? keep({ keys, etag: answer.etag, ...times }) : unavailable('it is not a key set')
  }

  const anew = (uri: string, known: KeySet | undefined, ip: string): Promise<KeySet | null> => {
    const running = underWay.get(uri)
    if (running) return running
    const mine = fetchAnew(uri, known, ip).finally(() => underWay.delete(uri))
    underWay.set(uri, mine)
    return mine
  }

  return async ({ keys }, hint, ip) => {
    if (keys === null) return []
    if ('jwks' in keys) return candidates(keys.jwks.keys, hint)
    const { uri } = keys
    const known = sets.get(uri)
    const now = clock.now().getTime()
    const found = known ? candidates(known.keys, hint) : []
    const quiet = known !== undefined && now < known.quietUntil
    const fresh = known !== undefined && now < known.freshUntil
    if (known && (fresh || quiet) && found.length > 0) return found
    // Never fetched well, and failed a moment ago: nobody can tell whose signature it is.
    if (known && quiet) return known.fetchedAt === 0 ? null : found
    const set = await anew(uri, known, ip)
    return set && candidates(set.keys, hint)
  }
}

/** Keys for signatures of that algorithm (RFC 7517 §4): a key says what it is for, or may be for anything. */
function candidates(keys: readonly JWK[], { alg, kid }: KeyHint): JWK[] {
  const fits = (key: JWK) =>
    key.kty === typeOf(alg) &&
    (kid === undefined || key.kid === kid) &&
    (key.alg === undefined || key.alg === alg || [key.alg, alg].every((name) => name.startsWith('Ed'))) &&
    (key.use === undefined || key.use === 'sig') &&
    (!Array.isArray(key.key_ops) || key.key_ops.includes('verify'))
  return keys.filter(fits).slice(0, mostCandidates)
}

function typeOf(alg: string): string {
  if (alg.startsWith('ES')) return 'EC'
  return alg.startsWith('Ed') ? 'OKP' : 'RSA'
}

/** The public keys of a published set, by the rules for keys registered in place (attacks S6); undefined when it is none. */
function readSet(body: string): JWK[] | undefined {
  try {
    const keys = readClientKeys(setSchema.parse(JSON.parse(body)), undefined)
    return keys && 'jwks' in keys ? keys.jwks.keys : []
  } catch {
    return undefined
  }
}
