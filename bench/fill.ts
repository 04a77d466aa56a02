import { loadConfig, silentLog } from '#foundation'
import { createTandem } from '#server'
import { sql } from '#storage'

// Puts 100,000 companies into the Tandem that the environment names, then ends. In SQL: through change sets it would
// take minutes, and a query doesn't look at history.

const records = 100_000
const batch = 10_000

const tandem = await createTandem(loadConfig({ ...process.env, PORT: '0' }), { log: silentLog })
try {
  const db = tandem.parts.storage.db<never>()
  for (let from = 0; from < records; from += batch) {
    await sql`
      insert into crm_company (id, version, label, created_at, updated_at, created_by, name, name__fold, industry, city,
        city__fold, employees)
      select 'rec_' || lpad(n::text, 26, '0'), 1, name, at, at, '{"kind":"system","name":"bench"}',
        name, lower(name), industry, city, lower(city), n * 37 % 5000
      from generate_series(${from}::int, ${from + batch - 1}::int) as n,
        lateral (select
          (array['Acme', 'Birch', 'Cobalt', 'Delta', 'Ember', 'Fjord', 'Grove', 'Harbor'])[n * 7 % 8 + 1]
            || ' ' || md5(n::text) as name,
          (array['software', 'manufacturing', 'finance', 'health', 'retail', 'energy', 'logistics', 'media'])
            [get_byte(decode(md5('industry' || n), 'hex'), 0) % 8 + 1]
            as industry,
          (array['Paris', 'Oslo', 'Lisbon', 'Vienna', 'Ghent'])[n * 3 % 5 + 1] as city,
          now() - n * interval '1 minute' as at) as made`.execute(db)
  }
  await sql`vacuum analyze crm_company`.execute(db)
} finally {
  await tandem.close()
}
