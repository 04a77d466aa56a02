import type { GrantId } from '#foundation'
import type { AuditEntry } from '#audit'
import type { FirstRefresh } from '../grants/grant-store.ts'
import type { GrantTerms } from '../grants/grant.ts'

/** What a device asked for and waits on (RFC 8628 §3.1). */
export type DeviceRequest = {
  /** Of the device code. */
  hash: string
  /** Of the user code, keyed: eight letters could be guessed from a plain one. */
  userHash: string
  clientId: string
  /** RFC 7636 §4.2, S256; null when the client sent none. */
  codeChallenge: string | null
  /** Registered spelling. */
  resource: string
  scopes: readonly string[]
  ip: string
  /** What its caller is counted by. */
  address: string
  createdAt: Date
  expiresAt: Date
}

/** In an interaction: the answer waits for a device that asks for it (RFC 8628 §3.3). */
export type DeviceAnswer = {
  device: {
    /** Of its device code. */
    hash: string
    /** As the person typed it, to compare with what the device shows. */
    userCode: string
    ip: string
    /** ISO time. */
    askedAt: string
  }
}

/** What an allowed device may collect. */
export type DeviceOffer = { device: string; terms: GrantTerms; provisional: boolean }

/** What the collection must prove. Absent members weren't sent. */
export type DeviceClaim = {
  hash: string
  clientId: string
  /** Made from the verifier. */
  codeChallenge: string | null
  resource: string | undefined
}

export type DevicePoll =
  | { state: 'pending'; /** It asked before its interval was over. */ early: boolean }
  | { state: 'denied' | 'expired' | 'used' }
  /** Waits to be collected. */
  | { state: 'allowed'; resource: string }

export interface DeviceStore {
  /** False when so many wait already that no more are taken. */
  begin(request: DeviceRequest, most: { perAddress: number; inAll: number }): Promise<boolean>
  /** The request that waits for this user code. */
  findWaiting(userHash: string, now: Date): Promise<DeviceRequest | undefined>
  /** Makes the grant of an allowed request, once, whoever asks at the same time. */
  collect(
    claim: DeviceClaim,
    grant: { id: GrantId; at: Date; refresh: FirstRefresh | null },
    entry: AuditEntry,
  ): Promise<GrantTerms | undefined>
  /** Notes that the client asked; undefined when it has no such request. */
  poll(hash: string, clientId: string, at: Date): Promise<DevicePoll | undefined>
}

/** Milliseconds a person has to type the code and decide (RFC 8628 §3.2 `expires_in`). */
export const deviceLife = 10 * 60 * 1000
/** Seconds between two polls, and what each one that comes too early adds to them (RFC 8628 §3.2, §3.5). */
export const pollInterval = 5
