import type { Clock, Log, MemberId, RateLimiter, SessionId } from '#foundation'
import type { PolicySwitches } from './clients/policy/presets.ts'
import type { Audit } from '#audit'
import type { ClientKeys } from './clients/client.ts'

/** Who is signed in at this browser. Identity knows; the authorization server asks. */
export interface SignIn {
  current(request: Request): Promise<SignedIn | null>
  /** The address of the sign-in page that comes back to `returnTo` (a path of ours). */
  /** `hint`: whom the app expects (OIDC `login_hint`). */
  page(returnTo: string, hint?: string): string
  /** Ends the session that the request carries. Resolves to the cookie that clears it. */
  end(request: Request, from: { ip: string }): Promise<string>
}
export type SignedIn = {
  member: MemberId
  session: SessionId
  name: string
  email: string
  administrator: boolean
  /** When she last proved who she is. */
  signedInAt: Date
  /** How, in the registered values of RFC 8176. */
  amr: readonly string[]
}

/** Members where no browser says who is meant: a client's owner, the subject of an assertion. Identity knows. */
export interface People {
  /** By id, by e-mail address, or by what a provider calls her. Null for nobody, and for who may not sign in. */
  find(
    who:
      | { member: MemberId }
      /** `unknownTo`: not when that provider knows her by another name, or somebody else by this one. */
      | { email: string; unknownTo?: { issuer: string; subject: string } }
      | { issuer: string; subject: string },
  ): Promise<Person | null>
}
export type Person = {
  member: MemberId
  name: string
  email: string
  administrator: boolean
  /** She showed that the address is hers. */
  emailVerified?: boolean
}

/** What a resource registers so that its authorization details can be shown and narrowed without oauth knowing them. */
export interface DetailsType {
  /** RFC 9396 type, such as `tandem_crm`. */
  type: string
  /** Objects that this person could limit a grant to. */
  objects(member: MemberId): Promise<{ name: string; labelPlural: string }[]>
  /** Checks a narrowing and returns what to store, or a sentence for people that says why it isn't one. */
  narrow(member: MemberId, asked: { objects?: string[] }): Promise<Record<string, unknown> | string>
}

/** One of RFC 9396 §2's authorization details. */
export type AuthorizationDetail = { readonly type: string; readonly [member: string]: unknown }

/** A type of authorization details that a module registers: oauth knows its name, the module what it means. */
export interface AuthorizationDetailsType {
  type: string
  /** Checks what a client asked for; gives what to keep, or what is wrong with it for the client's developer. */
  read(asked: AuthorizationDetail): AuthorizationDetail | string
  /** In words for people, and the parts they may leave out: at least one. */
  show(
    detail: AuthorizationDetail,
    member: MemberId,
  ):
    | { title: string; parts: { id: string; words: string }[] }
    | Promise<{ title: string; parts: { id: string; words: string }[] }>
  /** The detail with these parts alone. */
  keep(detail: AuthorizationDetail, parts: readonly string[]): AuthorizationDetail
  /** True when `narrower` allows nothing that `wider` doesn't. */
  covers(wider: AuthorizationDetail, narrower: AuthorizationDetail): boolean
}

/** A protected resource this server issues tokens for (RFC 8707, RFC 9728). */
export type Resource = {
  /** Registered spelling: what `aud` says. */
  id: string
  name: string
  /** Scopes in words, strongest last. */
  scopes: Readonly<Record<string, string>>
  /** What a request without scopes gets. */
  defaultScopes: readonly string[]
  /** A server of somebody else's: it may look at signatures alone. */
  elsewhere?: boolean
  /** What {@link DetailsType} limits isn't there. */
  foreign?: boolean
}

/** Fetches a document from an address a stranger named. Refuses special-use addresses at connect time, redirects, large and slow answers. */
export interface DocumentFetch {
  (
    url: string,
    options: { accept: string; maxBytes: number; timeoutMs: number; etag?: string },
  ): Promise<FetchedDocument>
}
export type FetchedDocument =
  | { status: 200; contentType: string; body: string; etag: string | null; cacheControl: string | null }
  | { status: 304; cacheControl: string | null }
  /** Everything else looks the same from outside: refused address, closed port, timeout, 404 (attacks S9). `why` is for the log. */
  | { status: 'unavailable'; why: string }

/** Who may vouch for clients that register (RFC 7591 §2.3), and the keys that tell. */
export type StatementIssuer = { issuer: string; keys: ClientKeys }

/** An identity provider whose assertions let apps in for members (ID-JAG). */
export type EnterpriseProvider = {
  /** `iss`, byte for byte. */
  issuer: string
  keys: ClientKeys
  /** Lower case. Addresses in them name members. */
  emailDomains: readonly string[]
  /** The one tenant whose assertions count; null where the provider has no tenants. */
  tenant: string | null
}

export type ClientPolicyPreset = 'open' | 'local' | 'ask' | 'closed'

export type OAuthDependencies = {
  issuer: string
  /**
   * What tokens are issued for now; the first is the default for requests without `resource`. The same array as long
   * as nothing changed.
   */
  resources: () => readonly [Resource, ...Resource[]]
  details: DetailsType
  /** Types that a client may ask for by `authorization_details` (RFC 9396). */
  detailsTypes?: readonly AuthorizationDetailsType[]
  audit: Audit
  clock: Clock
  log: Log
  /** The install's secret; keys are derived from it by purpose. */
  secret: string
  rateLimiter: RateLimiter
  signIn: SignIn
  people: People
  fetchDocument: DocumentFetch
  /** What the client policy starts with; once an administrator edits it, hers holds. */
  clientPolicy: ClientPolicyPreset
  policySwitches?: Partial<PolicySwitches>
  statementIssuers?: readonly StatementIssuer[]
  enterpriseProviders?: readonly EnterpriseProvider[]
  /** Client assertions name the issuer alone as their audience (A187). */
  assertionsForIssuerOnly?: boolean
  /** Authorization requests must be pushed (RFC 9126 §5). */
  requirePar?: boolean
  /** Proofs of possession must carry a nonce of ours (RFC 9449 §8). */
  dpopNonces?: boolean
  /** Milliseconds a key signs before the next one takes its place; absent: 90 days. */
  keyRotationMs?: number
  /** Milliseconds a grant may stay unused before it ends; absent: for ever. */
  grantIdleMs?: number
  /** Hears of each answer of the token endpoint with a token, by its grant type. */
  issued?: (grantType: string) => void
  /** Schemes of desktop apps that may be redirect URIs (`cursor`, `vscode`…); a named deviation (A196). */
  appSchemes: readonly string[]
}
