import type { Audit } from '#audit'
import type { Crm } from '#crm'
import type { Clock, Events, Log } from '#foundation'
import type { CallLimits, ProofOptions, TokenVerifier } from '#guard'
import type { Identity } from '#identity'
import type { OAuth } from '#oauth'

export type ApiDependencies = {
  issuer: string
  /** The resource identifier that tokens for REST must name. */
  resource: string
  identity: Identity
  oauth: OAuth
  crm: Crm
  audit: Audit
  verifier: TokenVerifier
  dpop: ProofOptions
  limits: CallLimits
  events: Events
  clock: Clock
  log: Log
}
