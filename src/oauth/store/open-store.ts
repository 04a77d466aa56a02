import type { Audit } from '#audit'
import type { Events, ReplayCache } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { DeviceStore } from '../device/device-request.ts'
import type { InitialAccessStore } from '../clients/initial-access.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { InteractionStore } from '../interaction/interaction.ts'
import type { SlotStore } from '../grants/slots.ts'
import type { StopStore } from '../grants/stops.ts'
import { interactionLife } from '../interaction/interaction.ts'
import type { PushedRequests } from '../par/pushed-request.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { DailyStore } from '../schedule/daily.ts'
import { createClientTable } from './clients.ts'
import type { ClientTable } from './clients.ts'
import { createCodeTable } from './codes.ts'
import { createDailyTable } from './daily.ts'
import { createDeviceTable } from './device.ts'
import { createDecisions } from './decisions.ts'
import { createGrantLifeTable } from './grant-life.ts'
import { createGivenBefore } from './given-before.ts'
import { createGrantTable } from './grants.ts'
import { createInitialAccessTable } from './initial-access-tokens.ts'
import { createInteractionTable } from './interactions.ts'
import { createKeyTable } from './keys.ts'
import { createApprovalTable } from './approvals.ts'
import type { ApprovalStore } from '../clients/approvals/approval-store.ts'
import { createPolicyTable } from './policy.ts'
import type { PolicyStore } from '../clients/policy/policy-store.ts'
import { createPushedTable } from './pushed-requests.ts'
import { createRefreshTable } from './refresh-tokens.ts'
import { createReplayTable } from './replays.ts'
import { createSlotTable } from './slots.ts'
import { createStopTable } from './stops.ts'

/** Everything the authorization server keeps. The one place of this module that knows a database. */
export interface OAuthStore {
  readonly clients: ClientTable
  readonly initialAccess: InitialAccessStore
  readonly daily: DailyStore
  readonly interactions: InteractionStore
  readonly grants: GrantStore
  readonly devices: DeviceStore
  readonly slots: SlotStore
  readonly stops: StopStore
  readonly keys: KeyStore
  readonly policy: PolicyStore
  readonly approvals: ApprovalStore
  readonly replays: ReplayCache
  readonly pushed: PushedRequests
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
  const policy = createPolicyTable(storage, audit)
  return {
    clients,
    policy,
    approvals: createApprovalTable(storage, audit, clients.forget),
    initialAccess: createInitialAccessTable(storage, audit),
    daily: createDailyTable(storage),
    interactions: createInteractionTable(storage),
    grants: {
      ...createDecisions(storage, audit, clients),
      ...createCodeTable(storage, audit),
      ...createRefreshTable(storage, audit),
      ...createGrantTable(storage, audit),
      ...createGivenBefore(storage),
      ...createGrantLifeTable(storage, audit),
    },
    devices: createDeviceTable(storage, audit),
    slots: createSlotTable(storage, audit, clients),
    stops: createStopTable(storage, audit),
    keys: createKeyTable(storage, audit),
    replays: createReplayTable(storage),
    pushed: createPushedTable(storage),
    events: storage.events,
    async sweep(now) {
      await policy.trimDecisions(now)
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
      // Opened in time, it may be decided for as long as an interaction lives.
      const opened = new Date(now.getTime() - interactionLife)
      await inBatches(() =>
        sql`delete from pushed_request where hash in (
          select hash from pushed_request where expires_at < ${opened} limit ${sweepBatch}) returning hash`.execute(
          db,
        ),
      )
      await inBatches(() =>
        sql`delete from replay where id in (
          select id from replay where expires_at < ${now} limit ${sweepBatch}) returning id`.execute(db),
      )
      // Kept a while longer, so that a device that asks late hears why.
      await inBatches(() =>
        sql`delete from device_request where hash in (
          select hash from device_request where expires_at < ${spent} limit ${sweepBatch}) returning hash`.execute(
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
