import type { Audit } from '#audit'
import type { Events } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { GrantStore } from '../grants/grant-store.ts'
import type { InteractionStore } from '../interaction/interaction.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { createClientTable } from './clients.ts'
import type { ClientTable } from './clients.ts'
import { createCodeTable } from './codes.ts'
import { createDecisions } from './decisions.ts'
import { createGrantTable } from './grants.ts'
import { createInteractionTable } from './interactions.ts'
import { createKeyTable } from './keys.ts'
import { createRefreshTable } from './refresh-tokens.ts'

/** Everything the authorization server keeps. The one place of this module that knows a database. */
export interface OAuthStore {
  readonly clients: ClientTable
  readonly interactions: InteractionStore
  readonly grants: GrantStore
  readonly keys: KeyStore
  readonly events: Events
  /** Forgets interactions and codes that nobody can use any more. Harmless on several replicas at once. */
  sweep(now: Date): Promise<void>
  close(): void
}

/** Milliseconds a spent code is remembered, so that its replay is still recognised (A45). */
const codeMemory = 24 * 60 * 60 * 1000
const sweepBatch = 1000

/** The store on a database whose schema has {@link oauthMigrations}. Doesn't close the database. */
export function openOAuthStore(storage: Storage, audit: Audit): OAuthStore {
  const clients = createClientTable(storage, audit)
  return {
    clients,
    interactions: createInteractionTable(storage),
    grants: {
      ...createDecisions(storage, audit, clients),
      ...createCodeTable(storage, audit),
      ...createRefreshTable(storage, audit),
      ...createGrantTable(storage, audit),
    },
    keys: createKeyTable(storage),
    events: storage.events,
    async sweep(now) {
      const db = storage.db<never>()
      const spent = new Date(now.getTime() - codeMemory)
      await inBatches(() =>
        sql`delete from interaction where id in (
          select id from interaction where expires_at < ${now} limit ${sweepBatch}) returning id`.execute(db),
      )
      await inBatches(() =>
        sql`delete from authorization_code where hash in (
          select hash from authorization_code where expires_at < ${spent} limit ${sweepBatch}) returning hash`.execute(
          db,
        ),
      )
    },
    close: () => clients.close(),
  }
}

/** Small ones, so that nobody waits behind a large deletion. */
async function inBatches(remove: () => Promise<{ rows: unknown[] }>): Promise<void> {
  while ((await remove()).rows.length === sweepBatch);
}
