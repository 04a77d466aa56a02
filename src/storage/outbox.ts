import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { DomainEvent, Events, Log } from '#foundation'
import { afterCommit } from './transaction.ts'

export type OutboxTables = {
  outbox: { id: number; topic: string; payload: Record<string, string>; at: Date }
}

/** Listeners of this process. A listener that throws doesn't keep the others from hearing. */
export function localEvents(log: Log): Events & { deliver(event: DomainEvent): void; gap(): void } {
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

/** Writes the event with the transaction and tells this process after the commit. */
export async function publishEvent(
  on: Kysely<never>,
  event: DomainEvent,
  committed: (id: number, event: DomainEvent) => void,
): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    insert into outbox (topic, payload) values (${event.topic}, ${JSON.stringify(event.payload)}) returning id`.execute(
    on,
  )
  const id = rows[0]?.id
  if (id === undefined) throw new Error('The outbox gave no id')
  if (!on.isTransaction) committed(id, event)
  else if (!afterCommit(() => committed(id, event))) {
    throw new Error('publish was given a transaction that `storage.transaction` did not begin')
  }
}
