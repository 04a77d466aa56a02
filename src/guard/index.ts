/** The resource-server side: verify a bearer, challenge, metadata. Knows no oauth and no crm. */
export type { TokenVerifier, VerifiedToken } from './types.ts'
