import type { ConsentAnswer, ConsentDecision, ConsentView, GrantView } from '#contract'
import type { GrantId, MemberId } from '#foundation'

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
}

export type NewClient = { name: string; redirectUris: string[]; confidential: boolean; scopes?: string[] }
export type CreatedClient = {
  clientId: string
  clientSecret: string | null
  name: string
  redirectUris: string[]
}

export interface OAuth {
  /** Answers the well-known, /oauth/* and legacy root paths. Resolves to null for paths that aren't its own. */
  handle(request: Request, from: { ip: string }): Promise<Response | null>
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
  grants: {
    /** One person's grants, or everybody's for an administrator's list when `member` is null. */
    list(member: MemberId | null): Promise<GrantView[]>
    /** Ends the grant and everything issued from it, on every replica within a second. False when it isn't this person's. */
    end(id: GrantId, by: { member: MemberId; administrator: boolean }, reason: string): Promise<boolean>
    endAllOf(member: MemberId, reason: string): Promise<number>
  }
  clients: {
    create(input: NewClient): Promise<CreatedClient>
  }
  close(): Promise<void>
}
