import { z } from 'zod'
import type { Intent } from '#contract'
import type { Clock, Log } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { SystemActor } from '#identity'
import type { Crm } from '../crm.ts'
import { demoIntents } from './demo-intents.ts'

type Parts = { storage: Storage; crm: Crm; clock: Clock; log: Log }
const demo: SystemActor = { kind: 'system', name: 'Demo data' }
const begun = z.object({ at: z.date(), owners: z.array(z.string()), finished: z.boolean() })

/**
 * Fills in the demo, once. What it depends on (the day, the owners) is written down first and each batch
 * has an idempotency key: after a crash, or with two processes at it, it goes on where it was.
 */
export async function seedDemo({ storage, crm, clock, log }: Parts): Promise<void> {
  const start = await begin(storage, clock.now())
  if (start.finished) return
  const steps = demoIntents(start.at, start.owners)
  const ids = new Map<string, string[]>()
  let created = 0
  for (const { name, intents } of steps) {
    const batch = intents((object) => ids.get(object) ?? [])
    for (const [i, part] of chunks(batch, 100).entries()) {
      const set = await crm.changes.submit(demo, {
        intents: part,
        reason: 'Example data',
        idempotencyKey: `demo-${name}-${i}`,
      })
      ids.set(name, [...(ids.get(name) ?? []), ...set.changes.map(({ recordId }) => recordId)])
      created += part.length
    }
  }
  await sql`update crm_demo set finished_at = ${clock.now()}`.execute(storage.db<never>())
  log.info({ records: created }, 'filled in the demo data')
}

async function begin(storage: Storage, now: Date): Promise<z.infer<typeof begun>> {
  const db = storage.db<never>()
  await sql`
    insert into crm_demo (at, owners)
    select ${now}, coalesce((select jsonb_agg(id order by created_at, id) from member where active), '[]')
    on conflict do nothing`.execute(db)
  const { rows } = await sql`select at, owners, finished_at is not null as finished from crm_demo`.execute(db)
  return begun.parse(rows[0])
}

function chunks(list: Intent[], size: number): Intent[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
}
