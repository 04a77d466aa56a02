import type { DomainEvent, Events, Log } from '#foundation'

export type LocalEvents = Events & { deliver(event: DomainEvent): void; gap(): void }

/** Listeners of this process. One that throws doesn't keep the others from hearing. */
export function localEvents(log: Log): LocalEvents {
  const topics = new Map<string, Set<(payload: Record<string, string>) => void>>()
  const gaps = new Set<() => void>()
  const call = (work: () => void) => {
    try {
      work()
    } catch (err) {
      log.error({ err }, 'an event listener failed')
    }
  }
  return {
    subscribe(topic, listener) {
      const listeners = topics.get(topic) ?? new Set()
      topics.set(topic, listeners.add(listener))
      return () => void listeners.delete(listener)
    },
    onGap(listener) {
      gaps.add(listener)
      return () => void gaps.delete(listener)
    },
    deliver({ topic, payload }) {
      for (const listener of topics.get(topic) ?? []) call(() => listener(payload))
    },
    gap() {
      for (const listener of gaps) call(listener)
    },
  }
}
