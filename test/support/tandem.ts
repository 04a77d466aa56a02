import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig, silentLog } from '#foundation'
import type { Clock } from '#foundation'
import { createTandem } from '#server'
import type { Tandem } from '#server'
import { ada } from './person.ts'

export type RunningTandem = Tandem & { dataDir: string }

/**
 * A whole Tandem on a free port of this computer, with an embedded database in a folder of its own and
 * Ada as its administrator. Any client may register, unless `settings` say otherwise.
 */
export async function startTandem(
  settings: Record<string, string> = {},
  options: { clock?: Clock; webFolder?: string } = {},
): Promise<RunningTandem> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tandem-test-'))
  const config = loadConfig({
    PORT: String(await freePort()),
    TANDEM_DATA_DIR: dataDir,
    TANDEM_ADMIN_EMAIL: ada.email,
    TANDEM_ADMIN_PASSWORD: ada.password,
    TANDEM_CLIENT_POLICY: 'open',
    ...settings,
  })
  const tandem = await createTandem(config, { log: silentLog, ...options })
  return {
    ...tandem,
    dataDir,
    async close() {
      await tandem.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The issuer names the port, so it must be known before anything listens on it. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on a port, not on a pipe
  await new Promise((resolve) => server.close(resolve))
  return port
}
