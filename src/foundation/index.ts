/** Ids, clock, configuration, errors, events, log, secrets: what every module may lean on. Knows no domain. */
export { newId, isId } from './ids.ts'
export type { Id, IdPrefix, MemberId, SessionId, GrantId, RecordId, ChangeSetId } from './ids.ts'
export { systemClock, epochSeconds } from './clock.ts'
export type { Clock } from './clock.ts'
export { newSecret, hashSecret, sameSecret, deriveKey, seal, unseal } from './secrets.ts'
export { createLog, silentLog } from './log.ts'
export type { Log } from './log.ts'
export { SetupError, reportUnexpected } from './errors.ts'
export type { DomainEvent, Events } from './events.ts'
export { addressList, comesFrom, plainAddress, refusedCaller } from './address-list.ts'
export type { AddressList, CameFrom } from './address-list.ts'
export { addressKey, isLoopbackAddress } from './address-key.ts'
export { decisionOf, leaseOf, memoryRateLimiter, rateHeaders } from './rate-limit.ts'
export type { Lease, RateLimit, RateDecision, RateLimiter } from './rate-limit.ts'
export { leasingLimiter } from './leasing-limiter.ts'
export type { LeasingLimiter, Place } from './leasing-limiter.ts'
export { RecentMap } from './recent-map.ts'
export { memoryReplayCache } from './replay-cache.ts'
export type { ReplayCache } from './replay-cache.ts'
export { proofAlgorithms, readProof } from './dpop/read-proof.ts'
export type { Proof } from './dpop/read-proof.ts'
export { createProofNonces } from './dpop/nonces.ts'
export type { ProofNonces } from './dpop/nonces.ts'
export { clerkIssuer, isOn, twentyMcpAddresses, twentyMcpSettings } from './twenty-mcp-settings.ts'
export { loadConfig, settings } from './config.ts'
export type { Config, Settings } from './config.ts'
export type { StdioServer } from './stdio-servers.ts'
export type { ForeignIssuer } from './foreign-issuer.ts'
export type { SignInProvider } from './sign-in-providers.ts'
export { version } from './version.ts'
export { isSpecialUse } from './outward/special-use.ts'
export { createOutwardFetch } from './outward/outward-fetch.ts'
export type { OutwardFetch, OutwardFetchDependencies } from './outward/outward-fetch.ts'
export { AddressRefused, createOutwardClient } from './outward/outward-client.ts'
export type { OutwardClient, OutwardClientDependencies } from './outward/outward-client.ts'
export { strangersRule, upstreamRule } from './outward/address-rule.ts'
export type { AddressRule } from './outward/address-rule.ts'
export { maxBodyBytes, parseJson } from './json-rpc/json.ts'
export {
  internalError,
  invalidRequest,
  isObject,
  methodNotFound,
  parseError,
  rpcError,
  toolCallsIn,
} from './json-rpc/rpc.ts'
export type { ToolCall } from './json-rpc/rpc.ts'
