import type { AuditEntry } from '#audit'
import type { GrantId, MemberId } from '#foundation'
import type { DeviceOffer } from '../device/device-request.ts'
import type { ClientTable } from '../store/clients.ts'
import type { Grant, GrantKind, GrantTerms } from './grant.ts'

export const grantEnded = 'grant.ended'
export const grantChanged = 'grant.changed'

/** An authorization code with all it is bound to (A44). */
export type CodeOffer = {
  hash: string
  redirectUri: string
  codeChallenge: string
  /** Thumbprint of the key that must be proved with it (RFC 9449 §10). */
  dpopJkt: string | null
  terms: GrantTerms
  provisional: boolean
  expiresAt: Date
}

/** What the exchange of a code must prove. Absent members weren't sent (A47, A60). */
export type CodeClaim = {
  hash: string
  clientId: string
  /** Made from the verifier. */
  codeChallenge: string
  redirectUri: string | undefined
  resource: string | undefined
  /** The key that was proved. */
  jkt: string | null
}
export type KnownCode = Omit<CodeClaim, 'jkt'> & {
  dpopJkt: string | null
  expiresAt: Date
  usedAt: Date | null
  grantId: GrantId | null
}

/** The state of a grant's refresh token. `answer` is sealed under a key only the previous token gives. */
export type RefreshState = {
  clientId: string
  currentHash: string | null
  previousHash: string | null
  rotatedAt: Date | null
  answer: string | null
  idleUntil: Date | null
  /** Thumbprint of the key that must be proved with it (RFC 9449 §5). */
  boundTo: string | null
  alive: boolean
}

/** A grant's first refresh token; bound to a key where its client is public (RFC 9449 §5). */
export type FirstRefresh = { hash: string; idleUntil: Date; boundTo: string | null }

export interface GrantStore {
  /**
   * Ends the interaction and puts the code, or the device's yes, in its place, with the audit entry: all or nothing.
   * `claim` marks the client as consented to first; `approve` also sets free the grants that waited for it.
   * False when the interaction or its device was decided already, has expired, or the client changed meanwhile.
   */
  allow(decided: Decided, offer: CodeOffer | DeviceOffer, client: ClientClaim | null): Promise<boolean>
  /** `device`: the hash of the device code that the interaction is about. */
  deny(decided: Decided, device: string | null): Promise<boolean>

  /** Uses the code and makes the grant with its first refresh token: once, whoever asks at the same time. */
  redeemCode(
    claim: CodeClaim,
    grant: { id: GrantId; at: Date; refresh: FirstRefresh | null },
    entry: AuditEntry,
  ): Promise<GrantTerms | undefined>
  findCode(hash: string): Promise<KnownCode | undefined>

  /** Replaces the presented refresh token by its successor and keeps the sealed answer for those who asked the same. */
  rotateRefreshToken(
    rotation: {
      grant: GrantId
      clientId: string
      presentedHash: string
      successorHash: string
      answer: string
      at: Date
      idleUntil: Date
      /** The key that was proved. A family that is bound to another one isn't rotated. */
      jkt: string | null
      /** The key that the family is bound to from now on, unless it is bound already. */
      bindTo: string | null
    },
    entry: AuditEntry,
  ): Promise<boolean>
  refreshState(id: GrantId, at: Date): Promise<RefreshState | undefined>

  find(id: GrantId): Promise<Grant | undefined>
  /**
   * What this person gave this client before: as what she knew it the last time, whatever became of that grant, and
   * the newest active one for the client as it is now, this redirect URI and this resource.
   */
  givenBefore(what: {
    member: MemberId
    clientId: string
    fingerprint: string
    redirectUri: string
    resource: string
  }): Promise<{ lastFingerprint: string; same: GrantId | null } | undefined>
  /** Newest first. */
  list(member: MemberId | null, limit: number): Promise<Grant[]>
  /** Ends live grants, tells every replica, and records each: all or nothing. */
  end(which: EndWhich, reason: string, at: Date, entryOf: (grant: Grant) => AuditEntry): Promise<Grant[]>
  /** Grants that fit, newest first, with the total of them. `after` is the id of the last one seen. */
  search(
    filter: GrantFilter,
    page: { limit: number; after?: string },
  ): Promise<{ grants: Grant[]; total: number }>
  /**
   * Changes a live grant (of this person's alone, where `of` is there) as `change` says, tells every replica and records it: all or nothing.
   * `change` sees the row as it is now, locked. Undefined when there is none, or `change` wants nothing.
   */
  alter(
    which: { grant: GrantId; of?: MemberId },
    change: (grant: Grant) => GrantChange | undefined,
    entryOf: (grant: Grant) => AuditEntry,
  ): Promise<Grant | undefined>
  touch(uses: readonly GrantUse[], at: Date): Promise<void>
}

export type Decided = {
  interaction: string
  browserHash: string
  at: Date
  entry: AuditEntry
  /** Hash of the pushed request it answers, which must still be unanswered. */
  pushed?: string | undefined
}
export type ClientClaim = Parameters<ClientTable['claim']>[1] & { approvedBy: MemberId | null }
/**
 * Which grants to end, with all that was exchanged from them. More than one: at most a portion at a time, so ask
 * until none is left.
 */
export type EndWhich =
  | { grant: GrantId; of?: MemberId }
  | { member: MemberId; client?: string }
  | { client: string }
  | { resource: string }
  | { everything: true }
  | { unusedSince: Date }

export type GrantFilter = {
  member?: MemberId
  client?: string
  kind?: GrantKind
  resource?: string
  /** `live`: everything that hasn't ended. */
  state?: 'active' | 'provisional' | 'paused' | 'live' | 'ended'
  /** Part of the app's name, in any case. */
  text?: string
  now: Date
}
export type GrantChange = Partial<
  Pick<Grant, 'scopes' | 'details' | 'expiresAt' | 'pausedAt' | 'addresses'>
> & {
  /** Something was taken from it, so that the same isn't given in another slot of its group. */
  narrowedAt?: Date
}
export type GrantUse = { id: string; ip: string | null; tool: string | null }
