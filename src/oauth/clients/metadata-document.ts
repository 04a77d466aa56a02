import type { Clock, Log, RateLimiter } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { DocumentFetch, FetchedDocument } from '../ports.ts'
import { addressKey } from './address-key.ts'
import type { Client, ClientStore } from './client.ts'
import { isForgotten } from './client.ts'
import { freshFor } from './freshness.ts'
import type { FoundClient } from './find.ts'
import { clientFromDocument } from './read-document.ts'
import type { PolicyEngine } from './policy/client-policy.ts'
import { isLoopbackUrl } from './redirect-uri.ts'
import type { Unclaimed } from './unclaimed.ts'

/** Design §4; CIMD draft §6.6 recommends the same. Real documents are below 2 KB. */
const maxBytes = 5 * 1024
const timeoutMs = 4000
/** How long the last good copy serves when the document can't be had (A132). */
const lastGoodLife = 7 * 24 * 60 * 60 * 1000
/** After a failure the last good copy serves this long before the next try. */
const retryAfter = 60 * 1000
/** Fetches of documents that one address may cause per minute (attacks S8). */
const perAddress = { limit: 30, window: 60 }

export type DocumentClients = {
  /** The client that `url` describes now, fetched when the copy we have (`known`) is no longer fresh. */
  current(url: string, known: Client | undefined, ip: string): Promise<FoundClient>
}

/**
 * The address when `id` has the form of a client ID metadata document's (A119): https, a path, one spelling,
 * no query, fragment, user or dot segments. On a loopback install also http on this computer (A128).
 */
export function readDocumentUrl(
  id: string,
  { allowLoopback }: { allowLoopback: boolean },
): string | undefined {
  if (id.length > 500 || !/^https?:\/\/[\x21-\x7e]+$/.test(id) || !URL.canParse(id)) return undefined
  const url = new URL(id)
  const local = allowLoopback && isLoopbackUrl(id)
  if (url.protocol !== 'https:' && !local) return undefined
  // The parser resolves dot segments, capitals in the host and :443; what changed was not the one spelling.
  if (url.href !== id || url.pathname === '/' || /[?#]/.test(id)) return undefined
  if (url.username || url.password || url.hostname.endsWith('.')) return undefined
  return id
}

export function createDocumentClients(deps: {
  store: ClientStore
  fetchDocument: DocumentFetch
  unclaimed: Unclaimed
  rateLimiter: RateLimiter
  clock: Clock
  log: Log
  policy: Pick<PolicyEngine, 'refusesDocument'>
  appSchemes: readonly string[]
}): DocumentClients {
  const { store, fetchDocument, unclaimed, rateLimiter, clock, log, policy, appSchemes } = deps
  const underWay = new Map<string, Promise<FoundClient>>()

  /** The copy we have, for as long as the document can't be had or makes no sense. */
  const lastGood = async (known: Client, why: string): Promise<FoundClient | undefined> => {
    const now = clock.now()
    if (!known.document || isForgotten(known, now)) return undefined
    if (known.document.fetchedAt.getTime() + lastGoodLife <= now.getTime()) return undefined
    log.warn({ client: known.id, why }, 'serving the last good copy of a client metadata document')
    const document = { ...known.document, freshUntil: new Date(now.getTime() + retryAfter) }
    return (await store.saveDocument({ ...known, document }, null))
      ? { found: 'client', client: known }
      : undefined
  }

  const keep = async (client: Client, known: Client | undefined, ip: string): Promise<FoundClient> => {
    if (!known) {
      const { quota, full } = await unclaimed.room(ip)
      // A full house and an unreachable document look the same: both pass, and neither is the client's fault.
      if (full) return unavailable(client.id)
      await store.add(client, entryFor('client.registered', client, ip), quota)
    } else {
      const changed = known.fingerprint !== client.fingerprint
      await store.saveDocument(client, changed ? entryFor('client.changed', client, ip) : null)
    }
    const kept = await store.find(client.id)
    return kept ? { found: 'client', client: kept } : unavailable(client.id)
  }

  const fetchAnew = async (url: string, known: Client | undefined, ip: string): Promise<FoundClient> => {
    if (!(await rateLimiter.take(`oauth.document:${addressKey(ip)}`, perAddress)).allowed) {
      return (known && (await lastGood(known, 'too many fetches from one address'))) ?? unavailable(url)
    }
    const etag = known?.document?.etag
    const answer: FetchedDocument = await fetchDocument(url, {
      accept: 'application/json',
      maxBytes,
      timeoutMs,
      ...(etag ? { etag } : {}),
    })
    if (answer.status === 'unavailable') {
      log.info({ client: url, why: answer.why }, 'a client metadata document is unavailable')
      return (known && (await lastGood(known, answer.why))) ?? unavailable(url)
    }
    const now = clock.now()
    const freshUntil = new Date(now.getTime() + freshFor(answer.cacheControl))
    const firstSeenAt = known && !isForgotten(known, now) ? known.firstSeenAt : now
    if (answer.status === 304) {
      // 304 without a validator of ours confirms nothing (attacks S7).
      if (!known?.document || !etag) return unavailable(url)
      return keep({ ...known, firstSeenAt, document: { etag, fetchedAt: now, freshUntil } }, known, ip)
    }
    let client: Client
    try {
      const document = { etag: answer.etag, fetchedAt: now, freshUntil }
      client = clientFromDocument(url, answer, { appSchemes, firstSeenAt, document })
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      // Errors and invalid documents are never cached (A131); a good copy outlives them for a while.
      const kept = known && (await lastGood(known, error.description))
      return (
        kept ?? { found: 'refused', why: `The client's metadata document was refused. ${error.description}` }
      )
    }
    return keep({ ...client, claimedAt: known?.claimedAt ?? null }, known, ip)
  }

  return {
    async current(url, known, ip) {
      const now = clock.now()
      if (known?.document && !isForgotten(known, now) && now < known.document.freshUntil) {
        return { found: 'client', client: known }
      }
      // A house that won't have this client doesn't fetch for it.
      const refusal = await policy.refusesDocument(url, known, ip)
      if (refusal) return { found: 'refused', why: refusal.why }
      const running = underWay.get(url)
      if (running) return running
      const mine = fetchAnew(url, known, ip).finally(() => underWay.delete(url))
      underWay.set(url, mine)
      return mine
    },
  }
}

function entryFor(event: string, client: Client, ip: string) {
  return {
    event,
    outcome: 'ok' as const,
    actor: { kind: 'client' as const, id: client.id, name: client.name },
    subject: { kind: 'client', id: client.id, name: client.name },
    ip,
    detail: { registration: client.registration, redirectUris: client.redirectUris.join(' ') },
  }
}

// One sentence whatever went wrong (attacks S9).
function unavailable(url: string): FoundClient {
  return {
    found: 'unavailable',
    why: `The metadata document of the client ${url} could not be fetched now. Try again in a minute.`,
  }
}
