import { loadConfig, silentLog } from '#foundation'
import { createTandem } from '#server'
import { sql } from '#storage'

// Prints how many clients the Tandem that the environment names keeps, while no server runs.

const tandem = await createTandem(loadConfig({ ...process.env, PORT: '0' }), { log: silentLog })
try {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from client`.execute(
    tandem.parts.storage.db<never>(),
  )
  console.log(rows[0]?.n ?? 0)
} finally {
  await tandem.close()
}
