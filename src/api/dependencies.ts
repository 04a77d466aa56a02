import type { Audit } from '#audit'
import type { Crm } from '#crm'
import type { AddressList, Clock, Events, Log } from '#foundation'
import type { Gateway } from '#gateway'
import type { CallLimits, ProofOptions, TokenVerifier } from '#guard'
import type { Identity } from '#identity'
import type { OAuth } from '#oauth'

export type ApiDependencies = {
  issuer: string
  /** The resource identifier that tokens for REST must name. */
  resource: string
  identity: Identity
  oauth: OAuth
  gateway: Pick<Gateway, 'admin' | 'connections' | 'keys' | 'upstreams'>
  crm: Crm
  audit: Audit
  verifier: TokenVerifier
  dpop: ProofOptions
  limits: CallLimits
  /** How apps ask for scopes of ours. */
  scopeNames: (scopes: readonly string[]) => readonly string[]
  /** Where programs may call it from; null: from anywhere. */
  callers: AddressList | null
  events: Events
  clock: Clock
  log: Log
}
