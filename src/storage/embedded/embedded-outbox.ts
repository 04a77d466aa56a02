import type { Log } from '#foundation'
import type { Line } from '../dialect.ts'
import type { LocalEvents } from '../local-events.ts'
import { countIn, readOutboxRows } from '../outbox.ts'
import type { Outbox } from '../outbox.ts'
import type { Transactions } from '../transaction.ts'

/**
 * One process owns the data, so an event has nobody else to reach: it is delivered right after its
 * commit. Only what statements inserted into `outbox` by themselves is read back.
 */
export function embeddedOutbox(options: {
  connect: () => Promise<Line>
  events: LocalEvents
  transactions: Transactions
  log: Log
}): Outbox {
  const { connect, events, transactions, log } = options
  let reading: Promise<void> = Promise.resolve()
  const take = async () => {
    const line = await connect()
    try {
      const { rows } = await line.run(
        'with taken as (delete from outbox returning id, topic, payload) select * from taken order by id',
        [],
      )
      for (const event of readOutboxRows(rows)) events.deliver(event)
    } catch (err) {
      log.error({ err }, 'reading the outbox failed')
      events.gap()
    } finally {
      line.release()
    }
  }
  return {
    async publish(on, event) {
      transactions.onceCommitted(on, () => events.deliver(event))
    },
    written() {
      reading = reading.then(take)
    },
    async waiting() {
      const line = await connect()
      try {
        const { rows } = await line.run('select count(*)::int as count from outbox', [])
        return countIn(rows)
      } finally {
        line.release()
      }
    },
    close: () => reading,
  }
}
