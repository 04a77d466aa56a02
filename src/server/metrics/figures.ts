import type { Storage, StorageFigures } from '#storage'
import type { Parts } from '../compose.ts'
import type { UpstreamHealth } from '../upstream-watch.ts'

/** What is asked for when somebody looks, instead of being counted as it happens. */
export type Figures = {
  driver: Storage['driver']
  storage: StorageFigures
  audit: { unchained: number }
  upstreams: readonly UpstreamHealth[]
  counts: readonly { kind: string; state: string; count: number }[]
}

/** Several scrapers, or an impatient one, cost the database no more than one. */
const keptFor = 1000

export function figuresOf(
  { storage, audit, oauth, identity }: Pick<Parts, 'storage' | 'audit' | 'oauth' | 'identity'>,
  upstreams: () => readonly UpstreamHealth[],
): () => Promise<Figures> {
  let kept: { at: number; figures: Promise<Omit<Figures, 'upstreams'>> } | undefined
  const read = async (): Promise<Omit<Figures, 'upstreams'>> => {
    const states = ['active', 'provisional', 'paused'] as const
    const grants = states.map(async (state) => {
      const { total } = await oauth.grants.search({ state, limit: 1 })
      return { kind: 'grant', state, count: total }
    })
    const { members, sessions } = await identity.counts()
    return {
      driver: storage.driver,
      storage: await storage.figures(),
      audit: { unchained: (await audit.status()).unchained },
      counts: [
        ...(await Promise.all(grants)),
        { kind: 'member', state: 'active', count: members },
        { kind: 'session', state: 'active', count: sessions },
      ],
    }
  }
  return async () => {
    const now = performance.now()
    if (!kept || now - kept.at > keptFor) {
      const figures = read()
      kept = { at: now, figures }
      figures.catch(() => (kept = undefined))
    }
    return { ...(await kept.figures), upstreams: upstreams() }
  }
}
