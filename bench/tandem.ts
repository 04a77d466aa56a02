import { spawn } from 'node:child_process'
import type { StdioOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { postgresAvailable, startPostgres } from '../test/support/postgres.ts'
import type { TestPostgres } from '../test/support/postgres.ts'
import { administrator } from './flows/tandem.ts'
import { benchDir, dataDirectory, root } from './places.ts'
import type { Launch } from './server.ts'
import type { Place, System } from './systems.ts'

const readyPath = '/.well-known/oauth-authorization-server'

function place(storage: Record<string, string>, remove: () => Promise<void>): Place {
  const env = {
    // As scripts/tandem.mjs starts it.
    NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/tandem/compiled'),
    TANDEM_ADMIN_EMAIL: administrator.email,
    TANDEM_ADMIN_PASSWORD: administrator.password,
    TANDEM_CLIENT_POLICY: 'open',
    TANDEM_TRUSTED_PROXIES: '127.0.0.1',
    TANDEM_LOG: 'warn',
    ...storage,
  }
  return {
    launch: (origin): Launch => ({
      args: [join(root, 'src', 'cli', 'main.ts'), 'start'],
      readyPath,
      env: { ...env, TANDEM_URL: origin },
    }),
    fill: async () => void (await runNode(join(benchDir, 'fill.ts'), env)),
    countClients: async () => Number(await runNode(join(benchDir, 'count-clients.ts'), env)),
    remove,
  }
}

export const tandemEmbedded: System = {
  name: 'tandem-embedded',
  keeps: 'embedded PostgreSQL, fsync',
  flow: 'tandem',
  async fresh(): Promise<Place> {
    const { path, remove } = dataDirectory()
    return place({ TANDEM_DATA_DIR: path }, async () => remove())
  },
}

let postgres: TestPostgres | null = null

export const tandemPostgres: System = {
  name: 'tandem-postgres',
  keeps: 'PostgreSQL, fsync',
  flow: 'tandem',
  available: postgresAvailable,
  async fresh(): Promise<Place> {
    postgres ??= await startPostgres({ durable: true })
    const secret = randomBytes(32).toString('base64url')
    return place({ DATABASE_URL: await postgres.database(), TANDEM_SECRET: secret }, async () => {})
  },
}

export async function stopPostgres(): Promise<void> {
  await postgres?.stop()
  postgres = null
}

/** Runs a program on the place's data; resolves to what it printed. */
function runNode(file: string, env: Record<string, string>): Promise<string> {
  const stdio: StdioOptions = ['ignore', 'pipe', 'inherit']
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env }, stdio })
  let printed = ''
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve(printed) : reject(new Error(`${file} ended with ${code}`)),
    )
  })
}
