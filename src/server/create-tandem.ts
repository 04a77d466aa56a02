import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SetupError, createLog, systemClock } from '#foundation'
import type { Clock, Config, Log } from '#foundation'
import { setupInput } from '#contract'
import type { Storage } from '#storage'
import { compose } from './compose.ts'
import type { Parts } from './compose.ts'
import { addTwenty } from './add-twenty.ts'
import { openControl } from './control/control.ts'
import { trustedProxies } from './http/client-ip.ts'
import { createAddressGate } from './http/address-gate.ts'
import { listOf } from './address-lists.ts'
import { createFront } from './http/front.ts'
import { createHealth } from './http/health.ts'
import { listen } from './http/listen.ts'
import { nameFrom } from './name-from.ts'
import { observed } from './http/observed.ts'
import { createWatching } from './http/watching.ts'
import { figuresOf } from './metrics/figures.ts'
import { openTracing } from './tracing/tracing.ts'
import { staticFiles } from './http/static-files.ts'

const webFolder = fileURLToPath(new URL('../../dist/web', import.meta.url))
const grace = 10_000

export type TandemOptions = {
  clock?: Clock
  log?: Log
  /** An open database with `tandemMigrations`, closed with everything else, in place of what the settings name. */
  storage?: Storage
  /** Where the built web app is. */
  webFolder?: string
}

/** A running Tandem. */
export interface Tandem {
  /** The issuer: where people and agents go. */
  readonly url: string
  /** The port it listens on. */
  readonly port: number
  /** The address of the first-run page with its one-time token; null once somebody has claimed the install. */
  setupUrl(): Promise<string | null>
  readonly parts: Pick<
    Parts,
    'identity' | 'oauth' | 'crm' | 'audit' | 'storage' | 'vault' | 'gateway' | 'imports'
  >
  /** Stops: refuses new work, finishes what runs within 10 s, leaves nothing half-done. */
  close(): Promise<void>
}

/** Builds and serves everything. @throws SetupError — for what the person who set it up can cure. */
export async function createTandem(config: Config, options: TandemOptions = {}): Promise<Tandem> {
  const { clock = systemClock, log = createLog(config.TANDEM_LOG), storage } = options
  const proxies = trustedProxies(config.TANDEM_TRUSTED_PROXIES, config.TANDEM_IP_BLOCK_UNKNOWN)
  const tracing = await openTracing(process.env, log)
  const parts = await compose(config, { clock, log, tracing, ...(storage ? { storage } : {}) })
  try {
    await prepare(parts, config, log)
    const pages = staticFiles(options.webFolder ?? webFolder)
    if (!pages.built) log.warn('the web app is not built; agents and the API work without it')
    const health = createHealth(parts.storage, parts.upstreams)
    // With a token somebody means to look: nothing before the first look is lost.
    if (config.TANDEM_METRICS_TOKEN !== undefined) await parts.meters.start()
    const front = createFront({
      gate: createAddressGate({ list: listOf(config.TANDEM_IP_ALLOWLIST), audit: parts.audit, clock }),
      ...parts,
      watching: createWatching({
        health,
        meters: parts.meters,
        figures: figuresOf(parts, parts.upstreams),
        token: config.TANDEM_METRICS_TOKEN,
        log,
      }),
      pages,
      log,
    })
    const listener = await listen({
      front: observed(front, parts.meters, tracing),
      proxies,
      host: config.HOST,
      port: config.PORT,
    })
    const control = config.DATABASE_URL ? null : await openControl(config.TANDEM_DATA_DIR, parts, log)
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      health.stopping()
      if (config.TANDEM_DRAIN_SECONDS > 0) await sleep(config.TANDEM_DRAIN_SECONDS * 1000)
      await control?.close()
      // Live streams would otherwise use up the whole grace.
      parts.api.close()
      await listener.close(grace)
      await parts.close()
      await tracing?.close()
    }
    return {
      url: config.issuer,
      port: listener.port,
      parts,
      async setupUrl() {
        const token = await parts.identity.setup.openToken()
        // In the fragment: no log, proxy or Referer ever holds it.
        return token === null ? null : `${config.issuer}/setup#token=${token}`
      },
      close: () => (closing ??= close()),
    }
  } catch (error) {
    await parts.close()
    await tracing?.close()
    throw error
  }
}

/** What the settings ask for at the first start. */
async function prepare({ identity, crm, gateway }: Parts, config: Config, log: Log): Promise<void> {
  const { TANDEM_ADMIN_EMAIL: email, TANDEM_ADMIN_PASSWORD: password } = config
  if ((email === undefined) !== (password === undefined)) {
    throw new SetupError('TANDEM_ADMIN_EMAIL and TANDEM_ADMIN_PASSWORD belong together: set both or none')
  }
  if (email !== undefined && (await identity.setup.needed())) {
    const parsed = setupInput.pick({ email: true, password: true }).safeParse({ email, password })
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      throw new SetupError(
        `${issue?.path[0] === 'email' ? 'TANDEM_ADMIN_EMAIL' : 'TANDEM_ADMIN_PASSWORD'}: ${issue?.message}`,
      )
    }
    const name = nameFrom(parsed.data.email)
    await identity.setup.createAdministrator({ name, ...parsed.data })
  }
  await addTwenty(gateway, config, log)
  if (config.TANDEM_DEMO) await crm.seedDemo()
}
