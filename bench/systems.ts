import { join } from 'node:path'
import type { FlowName } from './load.ts'
import { benchDir, dataDirectory } from './places.ts'
import type { Launch } from './server.ts'
import { tandemEmbedded, tandemPostgres } from './tandem.ts'

/** State of one installation: what a second start finds again. */
export interface Place {
  launch(origin: string): Launch
  /** Puts 100,000 records in, while no server runs. Only Tandem has them. */
  fill?(): Promise<void>
  /** How many clients are kept, while no server runs. Only Tandem says. */
  countClients?(): Promise<number>
  remove(): Promise<void>
}
export type System = {
  name: string
  /** How it keeps its data, for the table. */
  keeps: string
  flow: FlowName
  /** False where this machine lacks what it needs; says so itself. */
  available?(): boolean
  /** Makes room for a fresh installation. */
  fresh(): Promise<Place>
}

const noState = async () => {}

function peer(file: string, readyPath: string, args: string[] = []): (origin: string) => Launch {
  return () => ({ args: [join(benchDir, 'peers', file), ...args], env: {}, readyPath })
}

export const systems: readonly System[] = [
  tandemPostgres,
  tandemEmbedded,
  {
    name: 'oidc-provider',
    keeps: 'memory',
    flow: 'oidc-provider',
    fresh: async () => ({
      launch: peer('oidc-provider.mjs', '/.well-known/openid-configuration'),
      remove: noState,
    }),
  },
  {
    name: 'oidc-provider-es256',
    keeps: 'memory; ES256 ID tokens instead of its default',
    flow: 'oidc-provider',
    fresh: async () => ({
      launch: peer('oidc-provider.mjs', '/.well-known/openid-configuration', ['ES256']),
      remove: noState,
    }),
  },
  {
    name: 'oidc-provider-sqlite',
    keeps: 'SQLite file, fsync',
    flow: 'oidc-provider',
    async fresh() {
      const { path, remove } = dataDirectory()
      return {
        launch: peer('oidc-provider.mjs', '/.well-known/openid-configuration', [
          'RS256',
          join(path, 'oidc.sqlite'),
        ]),
        remove: async () => remove(),
      }
    },
  },
  {
    name: 'better-auth',
    keeps: 'SQLite in memory',
    flow: 'better-auth',
    fresh: async () => ({
      launch: peer('better-auth.mjs', '/api/auth/.well-known/openid-configuration'),
      remove: noState,
    }),
  },
  {
    name: 'sdk-router',
    keeps: 'memory; no sign-in, no consent',
    flow: 'sdk-router',
    fresh: async () => ({
      launch: peer('sdk-router.mjs', '/.well-known/oauth-authorization-server'),
      remove: noState,
    }),
  },
]
