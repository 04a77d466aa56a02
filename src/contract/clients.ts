import { z } from 'zod'

export type ClientKind = 'manual' | 'metadata-document' | 'dynamic'
/** What the administrator's list can be narrowed to. `unused`: no token for thirty days. */
export type ClientState = 'waiting' | 'approved' | 'blocked' | 'unused'

/** A client as the administrator's list shows it. */
export type ClientView = {
  id: string
  name: string
  registration: ClientKind
  verifiedDomain: string | null
  redirectHosts: string[]
  state: 'waiting' | 'approved' | 'blocked' | 'unapproved'
  /** ISO times; `lastUsedAt` to the day. */
  firstSeenAt: string
  claimedAt: string | null
  lastUsedAt: string | null
  grants: { active: number; provisional: number; people: number }
}

/** Everything known of one client. */
export type ClientDetail = ClientView & {
  /** What a decision about it is about: it changes with what people should look at again. */
  fingerprint: string
  redirectUris: string[]
  grantTypes: string[]
  /** How it proves who it is, the registered way first; `none` is a public client. */
  authMethods: string[]
  /** The most it may be granted; null when nothing but the resource and the person limit it. */
  scopes: string[] | null
  /** What it says of itself, by the names of RFC 7591, as text. */
  says: { name: string; value: string }[]
  keys: { uri: string } | { keys: { id: string | null; type: string }[] } | null
  secrets: { createdAt: string; expiresAt: string | null }[]
  owner: string | null
  /** The resource whose access tokens it may introspect. */
  servesResource: string | null
  boundTokens: boolean
  pushedRequests: boolean
  firstSeenFrom: string | null
  approvedAt: string | null
  approvedBy: string | null
  blockedAt: string | null
  blockedBy: string | null
  /** The initial access token it registered with. */
  initialAccessToken: string | null
  /** The issuer of the software statement it registered with. */
  vouchedFor: string | null
}

/** An initial access token as administrators see it; the token itself is shown once. */
export type InitialAccessTokenView = {
  id: string
  note: string
  uses: number
  mostUses: number
  createdAt: string
  createdBy: string | null
  expiresAt: string
  lastUsedAt: string | null
  state: 'good' | 'used-up' | 'expired' | 'withdrawn'
}

const uri = z.string().trim().min(1).max(2000)
const grantType = z.enum([
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
])
const scopes = z.array(z.string().min(1).max(200)).max(50)
const keySet = z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(32) })
const name = z.string().trim().min(1, 'Give it a name').max(200)

export const newClientInput = z.strictObject({
  name,
  redirectUris: z.array(uri).max(20),
  confidential: z.boolean(),
  grantTypes: z.array(grantType).min(1).optional(),
  /** The most it may be granted; absent: whatever people allow. */
  scopes: scopes.optional(),
  /** Public keys it authenticates with in place of a secret (private_key_jwt), or where they are published. */
  jwks: keySet.optional(),
  jwksUri: uri.optional(),
  /** The member whose rights it has when it acts for itself (client_credentials). */
  owner: z.string().max(100).optional(),
  /** Where it may have people sent back to when they sign out (OpenID Connect). */
  postLogoutRedirectUris: z.array(uri).max(20).optional(),
  /** The resource it is the server of: it may introspect access tokens for it. It needs no redirect URI then. */
  servesResource: uri.optional(),
  /** It gets tokens bound to a key alone (DPoP), and only pushed requests of its are taken (PAR). */
  boundTokens: z.boolean().optional(),
  pushedRequests: z.boolean().optional(),
})
export type NewClientInput = z.infer<typeof newClientInput>

export const changeClientInput = newClientInput
  .omit({ confidential: true, scopes: true })
  .partial()
  .extend({ scopes: scopes.nullable().optional(), servesResource: uri.nullable().optional() })

export const rotateSecretInput = z.strictObject({
  /** Seconds for which the old secret still works; 0 ends it at once. */
  overlap: z
    .int()
    .min(0)
    .max(30 * 24 * 60 * 60),
})

export const someClients = z.strictObject({ ids: z.array(z.string().min(1).max(600)).min(1).max(100) })

export const newInitialAccessTokenInput = z.strictObject({
  note: z.string().trim().max(200).default(''),
  /** Registrations it is good for. */
  uses: z.int().min(1).max(100_000).default(1),
  days: z.int().min(1).max(365).default(7),
})
