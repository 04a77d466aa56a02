import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { DomainEvent } from '#foundation'

/** How committed events reach every process. */
export interface Outbox {
  /** Puts the event into the transaction; it is heard after the commit, or never. */
  publish(on: Kysely<never>, event: DomainEvent): Promise<void>
  /** A statement that named the outbox was committed: it may have inserted events itself. */
  written(): void
  /** Committed events that this process hasn't heard. */
  waiting(): Promise<number>
  close(): Promise<void>
}

const outboxRow = z.object({
  id: z.number(),
  topic: z.string(),
  payload: z.record(z.string(), z.string()),
})

export function readOutboxRows(rows: unknown[]): z.infer<typeof outboxRow>[] {
  return rows.flatMap((row) => {
    const parsed = outboxRow.safeParse(row)
    return parsed.success ? [parsed.data] : []
  })
}

const counted = z.tuple([z.object({ count: z.number() })])

/** The one number of `select count(*)::int as count`. */
export function countIn(rows: unknown[]): number {
  return counted.parse(rows)[0].count
}

/** Inserts the event and returns its number. */
export async function insertEvent(on: Kysely<never>, { topic, payload }: DomainEvent): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into outbox (topic, payload) values (${topic}, ${JSON.stringify(payload)}) returning id`.execute(
    on,
  )
  if (!rows[0]) throw new Error('The outbox gave no number')
  return rows[0].id
}
