import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog, systemClock } from '#foundation'
import type { Clock, Config, Log } from '#foundation'
import { createTandem, tandemMigrations } from '#server'
import type { Tandem } from '#server'
import { openBrowser } from './browser.ts'
import type { Browser } from './browser.ts'
import { connectAgent } from './connect-agent.ts'
import type { ConnectedAgent, ConnectOptions } from './connect-agent.ts'
import { openTestStorage, sharedPostgres } from './storage.ts'
import type { TestClock } from './clock.ts'

/** Ada is the administrator, Grace a member, both at Acme. */
export const people = {
  ada: { name: 'Ada', email: 'ada@acme.example', password: 'correct horse battery staple' },
  grace: { name: 'Grace', email: 'grace@acme.example', password: 'staple lantern gravel' },
} as const
export type Person = keyof typeof people

export { callTool } from './connect-agent.ts'
export type { ConnectedAgent } from './connect-agent.ts'
export type { Browser } from './browser.ts'

export type RunningTandem = Tandem & {
  readonly config: Config
  /** A browser that the person just signed in with. */
  signIn(person: Person): Promise<Browser>
  /** A browser with nobody in it. */
  browser(): Browser
  /** An agent that the person connected; Ada unless a browser is given. */
  connectAgent(options?: Partial<ConnectOptions>): Promise<ConnectedAgent>
}
export type TandemTestOptions = {
  config?: Partial<Config>
  /** Stands still unless it is the system's. Absent: the system's clock. */
  clock?: Clock | TestClock
  log?: Log
  /**
   * `disk`: an embedded database in a directory, as people run it. `server`: a PostgreSQL of our own
   * (guard those tests with `postgresAvailable()`). Default: in memory, from a snapshot.
   */
  database?: 'memory' | 'disk' | 'server'
}

/** Boots a whole Tandem on a port of its own, with Ada and Grace in it. Close it when done. */
export async function startTandem(options: TandemTestOptions = {}): Promise<RunningTandem> {
  const port = await freePort()
  const dataDir = await mkdtemp(join(tmpdir(), 'tandem-test-'))
  const config: Config = {
    PORT: port,
    HOST: '127.0.0.1',
    issuer: `http://localhost:${port}`,
    TANDEM_DATA_DIR: dataDir,
    TANDEM_SECRET: 'Zq3kP0vX8mB1tR7yL5wN2cH6jD9sF4gU',
    DATABASE_URL: options.database === 'server' ? await (await sharedPostgres()).database() : undefined,
    TANDEM_TRUSTED_PROXIES: [],
    TANDEM_IP_ALLOWLIST: [],
    TANDEM_MCP_IP_ALLOWLIST: [],
    TANDEM_API_IP_ALLOWLIST: [],
    TANDEM_IP_BLOCK_UNKNOWN: true,
    TANDEM_SHARED_TWENTY_KEY: false,
    TANDEM_ADMIN_EMAIL: people.ada.email,
    TANDEM_ADMIN_PASSWORD: people.ada.password,
    TANDEM_DEMO: false,
    TANDEM_REGISTRATION: 'on',
    TANDEM_REGISTRATIONS_PER_MINUTE: 30,
    TANDEM_STATEMENT_ISSUERS: [],
    TANDEM_CLIENT_POLICY: 'open',
    TANDEM_ASSERTIONS_FOR_ISSUER_ONLY: false,
    TANDEM_DPOP_NONCES: false,
    TANDEM_REQUIRE_PAR: false,
    TANDEM_GRANT_IDLE_DAYS: 90,
    TANDEM_CALLS_PER_MINUTE: 600,
    TANDEM_KEY_ROTATION_DAYS: 90,
    TANDEM_CURSOR_SCHEME: true,
    TANDEM_SIGN_IN_WITH: [],
    TANDEM_RESOURCES: [],
    TANDEM_UPSTREAM_HOSTS: [],
    TANDEM_STDIO_SERVERS: [],
    TANDEM_ENTERPRISE_IDPS: [],
    TANDEM_DRAIN_SECONDS: 0,
    TANDEM_LOG: 'silent',
    ...options.config,
  }
  const inMemory = !config.DATABASE_URL && options.database !== 'disk'
  const tandem = await createTandem(config, {
    log: options.log ?? silentLog,
    ...(options.clock ? { clock: options.clock } : {}),
    ...(inMemory
      ? { storage: await openTestStorage(tandemMigrations, { clock: options.clock ?? systemClock }) }
      : {}),
  })
  await addGrace(tandem, config.issuer)

  const signIn = async (person: Person): Promise<Browser> => {
    const browser = openBrowser(config.issuer)
    const { email, password } = people[person]
    const { status, body } = await browser.json('POST', '/api/session', { email, password })
    if (status !== 200) throw new Error(`${person} can't sign in: ${JSON.stringify(body)}`)
    return browser
  }
  return {
    ...tandem,
    config,
    signIn,
    browser: () => openBrowser(config.issuer),
    connectAgent: async (given = {}) =>
      connectAgent({ ...given, browser: given.browser ?? (await signIn('ada')) }),
    async close() {
      await tandem.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Grace comes in as people do: by an invitation from Ada. */
async function addGrace({ parts: { identity } }: Tandem, issuer: string): Promise<void> {
  const from = { ip: '127.0.0.1', userAgent: null }
  const { ada, grace } = people
  const blank = new Request(issuer)
  const { cookie } = await identity.sessions.start(ada, blank, from)
  const hers = new Request(issuer, { headers: { cookie: cookie.split(';')[0] ?? '' } })
  const actor = await identity.actorForSession(hers)
  if (!actor) throw new Error('Ada is not signed in')
  const known = await identity.members.list(actor)
  if (!known.some(({ email }) => email === grace.email)) {
    const { token } = await identity.invitations.create(actor, { email: grace.email, role: 'member' }, from)
    const { name, password } = grace
    await identity.invitations.accept({ token, name, password }, blank, from)
  }
  await identity.sessions.endCurrent(hers, from)
}

/** A port that was free a moment ago: the issuer has to name it before the server listens. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}
