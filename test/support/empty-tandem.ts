import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '#foundation'
import { createTandem, tandemMigrations } from '#server'
import type { Tandem } from '#server'
import { openTestStorage } from './storage.ts'
import { freePort } from './tandem.ts'

/** A Tandem that nobody has claimed yet, as after the very first start. Close it when done. */
export async function startEmptyTandem(): Promise<Tandem> {
  const PORT = await freePort()
  const dataDir = await mkdtemp(join(tmpdir(), 'tandem-test-'))
  const tandem = await createTandem(
    {
      PORT,
      HOST: '127.0.0.1',
      issuer: `http://localhost:${PORT}`,
      TANDEM_DATA_DIR: dataDir,
      TANDEM_SECRET: 'Zq3kP0vX8mB1tR7yL5wN2cH6jD9sF4gU',
      DATABASE_URL: undefined,
      TANDEM_TRUSTED_PROXIES: [],
      TANDEM_IP_ALLOWLIST: [],
      TANDEM_MCP_IP_ALLOWLIST: [],
      TANDEM_API_IP_ALLOWLIST: [],
      TANDEM_IP_BLOCK_UNKNOWN: true,
      TANDEM_SHARED_TWENTY_KEY: false,
      TANDEM_ADMIN_EMAIL: undefined,
      TANDEM_ADMIN_PASSWORD: undefined,
      TANDEM_DEMO: false,
      TANDEM_REGISTRATION: 'on',
      TANDEM_REGISTRATIONS_PER_MINUTE: 30,
      TANDEM_STATEMENT_ISSUERS: [],
      TANDEM_CLIENT_POLICY: 'open',
      TANDEM_ASSERTIONS_FOR_ISSUER_ONLY: false,
      TANDEM_DPOP_NONCES: false,
      TANDEM_REQUIRE_PAR: false,
      TANDEM_KEY_ROTATION_DAYS: 90,
      TANDEM_CURSOR_SCHEME: true,
      TANDEM_GRANT_IDLE_DAYS: 90,
      TANDEM_CALLS_PER_MINUTE: 600,
      TANDEM_SIGN_IN_WITH: [],
      TANDEM_RESOURCES: [],
      TANDEM_UPSTREAM_HOSTS: [],
      TANDEM_STDIO_SERVERS: [],
      TANDEM_ENTERPRISE_IDPS: [],
      TANDEM_DRAIN_SECONDS: 0,
      TANDEM_LOG: 'silent',
    },
    { log: silentLog, storage: await openTestStorage(tandemMigrations) },
  )
  return {
    ...tandem,
    async close() {
      await tandem.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
