import type { AuditEntry } from '#audit'
import { reportUnexpected } from '#foundation'
import type { Clock, Log } from '#foundation'
import { fingerprintOf, readOffer } from './tool-definition.ts'
import type { Offer } from './tool-definition.ts'
import { pinsAfter } from './tool-pins.ts'
import type { OfferKind, PinNews } from './tool-pins.ts'
import type { ToolDefinition, Upstream, UpstreamId } from './upstream.ts'
import type { UpstreamStore } from './upstream-store.ts'

/** Hears what an upstream told somebody it offers. Returns at once. */
export type ToolsSeen = (upstream: Upstream, definitions: readonly unknown[]) => void

/** Milliseconds between two looks at what passes by. */
const throttle = 5000
/** Tools of one upstream, accepted or waiting, beyond which what passes by adds no more. */
const mostFromCalls = 2000

/** Compares what upstreams offer with what administrators accepted, and keeps what differs for them to look at. */
export function createToolReview(deps: { store: UpstreamStore; clock: Clock; log: Log }) {
  const { store, clock, log } = deps
  /** What this process wrote down last, by tool, and when it looked: most lists say what the one before said. */
  const looked = new Map<UpstreamId, { at: number; changedAt: number; known: Map<string, string> }>()

  /** `told`: whoever made it come is looking at it now; nobody has to be told that it waits. */
  const take = async (upstream: Upstream, offer: Offer, kind: OfferKind, told = false): Promise<void> => {
    const own = new Set((await ownTools(upstream)).map(fingerprintOf))
    await store.changePins(
      upstream.id,
      clock.now(),
      (pins) => {
        const names = new Set(pins.map(({ name }) => name))
        let room = mostFromCalls - pins.length
        // Only a look at everything tells what is gone again: until then an upstream can't pile up new names.
        const offered = offer.tools.filter(({ name }) => kind === 'whole' || names.has(name) || room-- > 0)
        const { changes, forgotten } = pinsAfter(pins, offered, kind, own)
        const count = (wanted: PinNews) => changes.filter(({ news }) => news === wanted).length
        const counts = { new: count('new'), changed: count('changed'), gone: count('gone') }
        // What waits already and changes again is no news: an upstream must not fill the record by itself.
        const waiting = new Set(
          pins.filter(({ pending, declined }) => pending && !declined).map(({ name }) => name),
        )
        const isNews = changes.some(({ pin, news }) => news !== 'same' && !waiting.has(pin.name))
        return {
          pins: changes.map(({ pin }) => pin),
          forgotten,
          told,
          entry: isNews ? newsEntry(upstream, counts) : null,
        }
      },
      upstream.changedAt,
    )
  }

  const seen: ToolsSeen = (upstream, definitions) => {
    const now = clock.now().getTime()
    const before = looked.get(upstream.id)
    const isSame = before?.changedAt === upstream.changedAt.getTime()
    if (before && isSame && now - before.at < throttle) return
    const offer = readOffer(definitions)
    const known = new Map(isSame ? before?.known : undefined)
    const news = offer.tools.filter((tool) => known.get(tool.name) !== fingerprintOf(tool))
    for (const tool of news) known.set(tool.name, fingerprintOf(tool))
    looked.set(upstream.id, { at: now, changedAt: upstream.changedAt.getTime(), known })
    if (news.length === 0) return
    const shared = upstream.auth.kind === 'none' || upstream.auth.kind === 'header'
    take(upstream, { tools: news, leftOut: [] }, shared ? 'part' : 'persons').catch((error: unknown) => {
      looked.delete(upstream.id)
      reportUnexpected(log, error, 'keeping what an upstream offers')
    })
  }
  /** Puts there what an upstream of its kind has whoever asks: before anybody gave a key, and after an upgrade of Tandem. */
  const takeOwn = async (upstream: Upstream): Promise<void> => {
    const tools = await ownTools(upstream)
    if (tools.length > 0) await take(upstream, { tools: [...tools], leftOut: [] }, 'part')
  }
  return { take, takeOwn, seen, forget: (id: UpstreamId) => void looked.delete(id) }
}
async function ownTools({ kind }: Upstream): Promise<readonly ToolDefinition[]> {
  return kind === 'twenty' ? (await import('../twenty/index.ts')).twentyTools : []
}

export type ToolReview = ReturnType<typeof createToolReview>

function newsEntry(
  { id, name, title }: Upstream,
  counts: { new: number; changed: number; gone: number },
): AuditEntry {
  return {
    event: 'upstream.tools_changed',
    outcome: 'ok',
    actor: { kind: 'system', name: 'gateway' },
    subject: { kind: 'upstream', id, name: title },
    detail: { upstream: name, ...counts },
  }
}
