/** The resource-server side: verify a bearer, challenge, metadata. Knows no oauth and no crm. */
export { createGuard } from './guard.ts'
export type { Checked, Guard, GuardOptions, RefusalReason } from './guard.ts'
export { metadataResponse, metadataUrl, protectedResourceMetadata } from './metadata.ts'
export type { ProtectedResource } from './metadata.ts'
export { jwksVerifier } from './jwks-verifier.ts'
export type { JwksVerifierOptions } from './jwks-verifier.ts'
export { readBody } from './read-body.ts'
export type { TokenVerifier, VerifiedToken } from './types.ts'
