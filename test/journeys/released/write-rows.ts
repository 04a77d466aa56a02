import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from '#storage'
import { startTandem } from '../../support/tandem.ts'

// Run once for a release, by the code of that release: what it writes here later versions must be able to take over.
const [name = 'unnamed'] = process.argv.slice(2)
const tandem = await startTandem({ config: { TANDEM_DEMO: true } })
const { clientId, refreshToken, call } = await tandem.connectAgent({ scope: 'crm:read crm:write' })
await call('query', { object: 'company', limit: 1 })
// The record is chained soon, not at once.
await sleep(1500)
const db = tandem.parts.storage.db<never>()
const { rows: found } = await sql<{ name: string }>`
  select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
  and relname not in ('rate_counter', 'outbox', 'migration_lock') order by 1`.execute(db)
const tables: Record<string, unknown[]> = {}
for (const { name: table } of found) {
  const { rows } = await sql<{ row: unknown }>`select to_jsonb(t) as row from ${sql.table(table)} t`.execute(
    db,
  )
  if (rows.length > 0)
    tables[table] = rows.map(({ row }) => (typeof row === 'string' ? JSON.parse(row) : row))
}
const written = {
  at: new Date().toISOString(),
  issuer: tandem.url,
  agent: { clientId, refreshToken },
  tables,
}
writeFileSync(new URL(`${name}.json.gz`, import.meta.url), gzipSync(JSON.stringify(written), { level: 9 }))
await tandem.close()
