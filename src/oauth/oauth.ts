import type { AuditEntry } from '#audit'
import type {
  ConsentAnswer,
  ConsentDecision,
  ConsentView,
  GrantNarrowing,
  GrantView,
  SigningKeyView,
  StopView,
  RateFigure,
  UnattendedView,
} from '#contract'
import type { AddressList, CameFrom, GrantId, MemberId } from '#foundation'
import type { ActClaim } from './token/access-token.ts'
import type { Approvals } from './clients/approvals/manage-approvals.ts'
import type { PolicyManager } from './clients/policy/manage-policy.ts'
import type { ClientManager } from './clients/manage-clients.ts'
import type { ExternalGrants } from './grants/external-grants.ts'
import type { GrantFilter } from './grants/grant-store.ts'

/** What a verified token says. The same shape as the guard's, so that `verify` fits its `TokenVerifier`. */
export type TokenContent = {
  subject: string
  /** Whose rights the token carries: the subject, or the owner of a client that acts for nobody else. */
  resourceOwner: string
  clientId: string
  clientName: string
  grantId: string
  details: unknown
  scopes: readonly string[]
  audience: string
  expiresAt: number
  issuedAt: number
  tokenId: string
  /** Thumbprint of the key it is bound to (RFC 9449 §6), or null for a bearer token. */
  boundTo: string | null
  /** The clients it was exchanged by on its way, the one that acts now outermost (RFC 8693 §4.1); null for none. */
  act: ActClaim | null
  /** Where it may be used from: what every grant of its line allows. Null: from anywhere. */
  callers: AddressList | null
}

/** Who decides about grants. */
export type Who = { member: MemberId; name?: string; ip?: string }

export interface OAuth {
  /** Answers the well-known, /oauth/* and legacy root paths. Resolves to null for paths that aren't its own. */
  handle(request: Request, from: CameFrom): Promise<Response | null>
  /** The in-process verifier: signature, type, issuer, audience, expiry, grant alive. */
  verify(token: string, audience: string): Promise<TokenContent | undefined>
  consent: {
    /** `request` is the page's own: its cookies bind the interaction to the browser that began it. Throws OAuthError. */
    view(request: Request, id: string): Promise<ConsentView>
    decide(
      request: Request,
      id: string,
      decision: ConsentDecision,
      from: { ip: string },
    ): Promise<ConsentAnswer>
  }
  devices: {
    /**
     * A signed-in person typed the code that a device shows: where she decides on it, and the cookie that binds that
     * to her browser. Throws OAuthError.
     */
    enterCode(
      request: Request,
      code: string,
      from: { ip: string },
    ): Promise<{ location: string; cookie: string }>
  }
  /** Apps that somebody else's authorization server lets in: {@link ExternalGrants}. */
  external: ExternalGrants
  /** Clients that get tokens with no person in front of them: client_credentials, exchange, ID-JAG. For administrators. */
  unattended: {
    /** Null when there is no such client. */
    view(clientId: string): Promise<UnattendedView | null>
    /** Lets a client come again whose access was ended. False when nothing keeps it out. */
    open(clientId: string, by: Who): Promise<boolean>
    /** Replaces the resources whose tokens it may exchange though others were given them. False when it is no client for that. */
    setExchangeable(clientId: string, resources: readonly string[], by: Who): Promise<boolean>
  }
  grants: {
    /** One person's grants, or everybody's when `member` is null: newest first, a thousand at most. */
    list(member: MemberId | null): Promise<GrantView[]>
    /** Grants that fit, newest first. `after` is a `next` of before; `total` counts to 100,000. */
    search(
      filter: Omit<GrantFilter, 'now'> & { limit: number; after?: string },
    ): Promise<{ grants: GrantView[]; next: string | null; total: number }>
    /** Ends the grant and everything issued from it, on every replica within a second. False when it isn't this person's. */
    end(id: GrantId, by: Who & { administrator: boolean }, reason: string): Promise<boolean>
    endAllOf(member: MemberId, reason: string): Promise<number>
    /** Every grant for the resource ends: it is gone, or is another now. */
    endAllFor(resource: string, reason: string): Promise<number>
    /** An administrator's ending of many. Resolves to how many ended, those that were exchanged from them included. */
    endMany(
      which:
        | { ids: readonly GrantId[] }
        | { member: MemberId; client?: string }
        | { client: string }
        | { everything: true },
      by: Who,
      reason: string,
    ): Promise<number>
    /** Its person's pause: everything issued from it is refused until she resumes it. False when there is nothing to pause. */
    pause(id: GrantId, by: Who): Promise<boolean>
    resume(id: GrantId, by: Who): Promise<boolean>
    /**
     * Takes something away from a grant of this person's, or of anybody's where an administrator does, for tokens that
     * are out too. Null when there is none. Throws OAuthError with a sentence for her when it would be anything else.
     */
    narrow(id: GrantId, by: Who & { administrator?: boolean }, to: GrantNarrowing): Promise<GrantView | null>
    /** Where a grant is used from and for which tool; written down now and then. */
    used(id: GrantId, ip: string, tool: string | null): void
    /**
     * Calls back once when a grant ended, was paused, narrowed or stopped, on whichever replica: for whoever holds
     * something open under it. Returns the way out.
     */
    watch(id: GrantId, changed: () => void): () => void
  }
  /** The figures of its rate limits. */
  limits(): readonly RateFigure[]
  /** The emergency stop. */
  stops: {
    list(): Promise<StopView[]>
    /** Every agent, or one client's, is refused everywhere within a second. `stopped` is false when it was stopped already. */
    stop(
      what: { client?: string | undefined; reason: string; endGrants: boolean },
      by: Who,
    ): Promise<{ stopped: boolean; ended: number }>
    /** False when it wasn't stopped. */
    lift(client: string | null, by: Who): Promise<boolean>
  }
  keys: {
    /** The keys that are published, newest first. */
    list(): Promise<SigningKeyView[]>
    /**
     * Lets the next key sign; what the old one signed stays good. `compromised` takes every key back instead, and with
     * them all tokens that are out. Throws OAuthError while the next key hasn't been published long enough.
     */
    rotate(by: AuditEntry['actor'], how: { compromised: boolean }): Promise<SigningKeyView[]>
  }
  clients: ClientManager
  /** The client policy: {@link PolicyManager}. */
  policy: PolicyManager
  /** Clients that wait for an administrator: {@link Approvals}. */
  approvals: Approvals
  close(): Promise<void>
}
