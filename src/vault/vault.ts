import type { MemberId } from '#foundation'

/** Whose secret for what: a member's own, or everybody's (null) where an upstream has one for all. */
export type CredentialPlace = { member: MemberId | null; upstream: string }

/**
 * `key`: a text that goes into a header. `oauth`: what a token answer left, as JSON. `client`: how Tandem is known to an
 * upstream's authorization server, as JSON.
 */
export type CredentialKind = 'key' | 'oauth' | 'client'

/** What may be told of a credential. */
export type CredentialView = CredentialPlace & {
  kind: CredentialKind
  /** The address it is for; it opens for no other. */
  baseUrl: string
  updatedAt: Date
  /** When it is no good any more, where that is known. */
  expiresAt: Date | null
  /** Why it has to be given again; null while it is good. */
  broken: string | null
}
/** `secret` is empty when it can't be read any more; `broken` says so then. */
export type OpenCredential = CredentialView & { secret: string }

export type NewCredential = {
  kind: CredentialKind
  secret: string
  baseUrl: string
  expiresAt?: Date | null
}

/** What becomes of a credential: another in its place, why it is broken (null: it is good again), or nothing. */
export type CredentialChange = NewCredential | { broken: string | null } | undefined

/** How many are sealed with which key. `known`: the key is there; what an unknown one sealed can't be read. */
export type VaultStatus = {
  current: number
  versions: { version: number; name: string | null; known: boolean; credentials: number; broken: number }[]
}

/** Sealed secrets (AES-256-GCM, random nonce; member, upstream and address bound in as additional data). */
export interface Vault {
  view(place: CredentialPlace): Promise<CredentialView | null>
  /** A member's own, for any upstream; or every one of an upstream's. Never secrets. */
  list(of: { member: MemberId } | { upstream: string }): Promise<CredentialView[]>
  /** Puts it in the place of what was there. Records it with the change; the secret stays out of the record. */
  put(place: CredentialPlace, credential: NewCredential, by: VaultActor): Promise<CredentialView>
  /**
   * Opens it for calls to its `baseUrl`, which has to be among `addresses`; null when there is none, or it is for another
   * address. Remembered while unchanged, sealed.
   */
  open(place: CredentialPlace, addresses: readonly string[]): Promise<OpenCredential | null>
  /**
   * Reads, decides and writes as the only one, whichever replica asks: of those that find an access token expired, one
   * asks for a new one and the others get what it got. `change` may take its time (a minute at most, then the next one
   * tries): it runs in no transaction. What somebody put there meanwhile stays. `interrupted`: the one before never came
   * to its end.
   */
  change(
    place: CredentialPlace,
    change: (now: OpenCredential, how: { interrupted: boolean }) => Promise<CredentialChange>,
  ): Promise<OpenCredential | null>
  /** False when there was none. */
  remove(place: CredentialPlace, by: VaultActor): Promise<boolean>
  /** Everything of a member or of an upstream goes. Resolves to how many. */
  removeAll(of: { member: MemberId } | { upstream: string }, by: VaultActor): Promise<number>
  /** Seals again what another key sealed, one by one, while calls go on. What is left when it stops waits for the next. */
  rewrap(): Promise<{ rewrapped: number; unreadable: number }>
  status(): Promise<VaultStatus>
  close(): Promise<void>
}

/** Who does it, for the record. */
export type VaultActor =
  | { kind: 'member'; member: MemberId; name: string; ip?: string }
  | { kind: 'system'; name: string }
