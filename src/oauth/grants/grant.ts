import type { GrantId, MemberId } from '#foundation'
import type { SignInFacts } from '../openid/id-token.ts'
import type { AuthorizationDetail } from '../ports.ts'

/** What a person gave a client. Everything issued descends from it (design §1). */
export type Grant = GrantTerms & {
  id: GrantId
  status: GrantStatus
  createdAt: Date
  lastUsedAt: Date | null
  /** Where it was last used from, and which tool it called last: written with {@link lastUsedAt}. */
  lastIp: string | null
  lastTool: string | null
  /** Its person paused it: it can do nothing until she resumes it. */
  pausedAt: Date | null
  /** Addresses and CIDRs that it may be used from; null: any. */
  addresses: readonly string[] | null
  endedAt: Date | null
  endedReason: string | null
}

/** A provisional grant waits for an administrator and can do nothing until then (design §4). */
export type GrantStatus = 'provisional' | 'active' | 'ended'

/** How a grant came to be: by a person's consent, or by a token of another kind that stands for one. */
export type GrantKind =
  | 'authorization_code'
  | 'device_code'
  | 'client_credentials'
  | 'token_exchange'
  | 'id_jag'
  // Its tokens are somebody else's authorization server's: it stands here for what was allowed there.
  | 'external'

/** What the person agreed to. */
export type GrantTerms = {
  kind: GrantKind
  /** The grant it was exchanged from: it ends when that one does (RFC 8693). */
  parent: GrantId | null
  /** Whose rights it carries. For client_credentials the client's owner; the token's subject is the client itself. */
  member: MemberId
  clientId: string
  client: ClientSnapshot
  resource: string
  scopes: readonly string[]
  /** RFC 9396 authorization details, of the resource's own type. */
  details: Record<string, unknown>
  /** RFC 9396 authorization details of the types that modules registered, as the person allowed them. */
  authorizationDetails?: readonly AuthorizationDetail[]
  /** The sign-in behind it, for ID tokens. */
  signIn?: SignInFacts
  /** When the grant ends by itself. */
  expiresAt: Date | null
  /** Absent while nothing was given yet. */
  status?: GrantStatus
}

/** The client as the person saw it: what it calls itself later changes nothing here. */
export type ClientSnapshot = {
  name: string
  registration: 'manual' | 'metadata-document' | 'dynamic'
  verifiedDomain: string | null
  fingerprint: string
  redirectHost: string
}

/** `sub` of its tokens (RFC 9068 §2.2): the client itself when it acts for nobody else. */
export function subjectOf({ kind, member, clientId }: GrantTerms): string {
  return kind === 'client_credentials' ? clientId : member
}
