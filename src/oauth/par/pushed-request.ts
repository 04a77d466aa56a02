import type { Params } from '../router/read-params.ts'

/** An authorization request that its client pushed (RFC 9126), checked and kept until a person opens it. */
export type PushedRequest = {
  /** Of the random part of its `request_uri`. */
  hash: string
  clientId: string
  params: Params
  /** Until when it may be opened. Opened, it may be decided for as long as an interaction lives. */
  expiresAt: Date
}

export interface PushedRequests {
  add(request: PushedRequest): Promise<void>
  /** Undefined when there is none, it was answered, or it is too late to open it. */
  find(hash: string, now: Date): Promise<PushedRequest | undefined>
}

/** RFC 9126 §2.2: what every `request_uri` of ours begins with. */
export const requestUriPrefix = 'urn:ietf:params:oauth:request_uri:'

/** Seconds for which a pushed request may be opened (RFC 9126 §2.2: 5 to 600). */
export const pushedLife = 90
