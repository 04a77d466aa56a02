import type { AuditEntry } from '#audit'
import type { Grant } from '../grants/grant.ts'
import type { Client, ClientRegistration } from './client.ts'

/** What an administrator filters by. `waiting`: somebody's grant waits; `unused`: no token for thirty days, none alive. */
export type ClientState = 'waiting' | 'approved' | 'blocked' | 'unused'

export type ClientFilter = {
  registration?: ClientRegistration | undefined
  state?: ClientState | undefined
  /** Part of the name or of the id. */
  text?: string | undefined
  /** The last one of the page before. */
  after?: { firstSeenAt: Date; id: string } | undefined
  limit: number
}

/** A client with what the administrator's page says about it. */
export type ListedClient = {
  client: Client
  firstSeenIp: string | null
  approvedAt: Date | null
  approvedBy: string | null
  blockedAt: Date | null
  blockedBy: string | null
  /** The initial access token it registered with. */
  initialAccessToken: string | null
  grants: { active: number; provisional: number; people: number }
}

/** Which clients to delete. The condition is asked again by the statement that deletes. */
export type RemoveWhich =
  | { ids: readonly string[] }
  /** By its registration access token (RFC 7592 §2.3). */
  | { id: string; managementHash: string }
  /** Nothing issued since, no grant alive at `now`; never manual, never blocked ones. */
  | { unusedBefore: Date; now: Date; limit: number }

/** What is done with clients that are known: seen, changed, deleted. */
export interface ClientDirectory {
  /** First seen last, first. */
  list(filter: ClientFilter, now: Date): Promise<ListedClient[]>
  look(id: string): Promise<ListedClient | undefined>
  /**
   * Changes one client under its row's lock: of two at once the second sees what the first left. `edit` gives
   * undefined to change nothing. The approval stays with what was approved, unless the client is a manual one.
   */
  change(
    id: string,
    edit: (client: Client) => Client | undefined,
    entryOf: (client: Client) => AuditEntry,
  ): Promise<Client | undefined>
  /** Deletes clients with whatever waits for them, and ends their grants: all or nothing. */
  remove(which: RemoveWhich, how: Removal): Promise<Client[]>
  /** What {@link remove} would delete now. */
  unused(which: { unusedBefore: Date; now: Date }): Promise<{ id: string; name: string }[]>
  unclaimed(before: Date): Promise<{ id: string; name: string }[]>
  /** Ends all grants of these clients; returns how many. */
  endGrantsOf(ids: readonly string[], how: Omit<Removal, 'entryOf'>): Promise<number>
  /** Writes down the day on which these clients were issued a token. */
  touch(ids: readonly string[], day: Date): Promise<void>
}

export type Removal = {
  reason: string
  at: Date
  entryOf: (client: Client) => AuditEntry
  grantEntryOf: (grant: Grant) => AuditEntry
}
