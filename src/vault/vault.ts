import type { MemberId } from '#foundation'

/** Whose secret for what: a member's own, or everybody's (null) where an upstream has one for all. */
export type CredentialPlace = { member: MemberId | null; upstream: string }

/** `key`: a text that goes into a header. `oauth`: what a token answer left, as JSON. */
export type CredentialKind = 'key' | 'oauth'

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
export type OpenCredential = CredentialView & { secret: string }

export type NewCredential = {
  kind: CredentialKind
  secret: string
  baseUrl: string
  expiresAt?: Date | null
}

/** Sealed secrets (AES-256-GCM, random nonce; member, upstream and address bound in as additional data). */
export interface Vault {
  view(place: CredentialPlace): Promise<CredentialView | null>
  /** A member's own, for any upstream; or every one of an upstream's. Never secrets. */
  list(of: { member: MemberId } | { upstream: string }): Promise<CredentialView[]>
  /** Puts it in the place of what was there. Records it with the change; the secret stays out of the record. */
  put(place: CredentialPlace, credential: NewCredential, by: VaultActor): Promise<CredentialView>
  /** Opens it for calls to `baseUrl`; null when there is none, or it is for another address. Remembered while unchanged, sealed. */
  open(place: CredentialPlace, baseUrl: string): Promise<OpenCredential | null>
  /**
   * Reads, decides and writes with the row locked: of replicas that find an access token expired, one asks for a new one
   * and the others get what it got. `change` gives what to put there, `broken` with why, or undefined to leave it.
   */
  change(
    place: CredentialPlace,
    change: (now: OpenCredential) => Promise<NewCredential | { broken: string } | undefined>,
  ): Promise<OpenCredential | null>
  /** False when there was none. */
  remove(place: CredentialPlace, by: VaultActor): Promise<boolean>
  /** Everything of a member or of an upstream goes. Resolves to how many. */
  removeAll(of: { member: MemberId } | { upstream: string }, by: VaultActor): Promise<number>
  /** Seals again what an older key sealed, a hundred at a time, while calls go on. */
  rewrap(): Promise<{ rewrapped: number; unreadable: number }>
  close(): Promise<void>
}

/** Who does it, for the record. */
export type VaultActor =
  | { kind: 'member'; member: MemberId; name: string; ip?: string }
  | { kind: 'system'; name: string }
