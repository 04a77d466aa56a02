import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#foundation'
import { sql } from '#storage'
import type { Kysely, RawBuilder } from '#storage'
import { keyOf } from './row.ts'
import type { Row } from './row.ts'
import type { CredentialPlace } from './vault.ts'

/** How long one holder may take before the next one tries: it may have died. Milliseconds. */
const longest = 60_000
const lookAgain = 100

/** `interrupted`: whoever held it before never let go of it. */
export type Held = { row: Row; claim: string; interrupted: boolean }

/**
 * One at a time may change a credential, over all replicas. A claim in the row, not its lock: whoever changes one talks
 * to somebody else's server meanwhile, and a transaction is no place for that; it may run twice, and the embedded
 * database has only one.
 */
export function createClaims({
  db,
  clock,
  at,
}: {
  db: Kysely<never>
  clock: Clock
  at(place: CredentialPlace): RawBuilder<unknown>
}) {
  const queues = new Map<string, Promise<void>>()

  const claimed = async (claim: string, place: CredentialPlace, free: RawBuilder<unknown>, now: Date) => {
    const until = new Date(now.getTime() + longest)
    const { rows } = await sql<Row>`update credential set claimed_by = ${claim}, claimed_until = ${until}
      where ${at(place)} and ${free} returning *`.execute(db)
    return rows[0]
  }
  const take = async (place: CredentialPlace, claim: string): Promise<Held | null> => {
    for (;;) {
      const now = clock.now()
      const row = await claimed(claim, place, sql`claimed_until is null`, now)
      if (row) return { row, claim, interrupted: false }
      const left = await claimed(claim, place, sql`claimed_until < ${now}`, now)
      if (left) return { row: left, claim, interrupted: true }
      const { rows: there } = await sql`select 1 from credential where ${at(place)}`.execute(db)
      if (there.length === 0) return null
      await sleep(lookAgain)
    }
  }

  const inTurn = async (place: CredentialPlace, work: (held: Held) => Promise<void>) => {
    const held = await take(place, randomUUID())
    if (!held) return
    try {
      await work(held)
    } finally {
      await sql`update credential set claimed_by = null, claimed_until = null
        where id = ${held.row.id} and claimed_by = ${held.claim}`.execute(db)
    }
  }

  return {
    /** Runs `work` as the only one at that place; not at all when there is no credential. */
    async hold(place: CredentialPlace, work: (held: Held) => Promise<void>): Promise<void> {
      const key = keyOf(place)
      // In this process they wait for each other without asking the database.
      const before = queues.get(key) ?? Promise.resolve()
      const mine = before.catch(() => undefined).then(() => inTurn(place, work))
      queues.set(key, mine)
      try {
        await mine
      } finally {
        if (queues.get(key) === mine) queues.delete(key)
      }
    },
  }
}
