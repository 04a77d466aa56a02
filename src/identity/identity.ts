import type { InvitationView, Limits, MemberRole, MemberView, SessionView } from '#contract'
import type { Id, MemberId, SessionId } from '#foundation'
import type { AgentActor, MemberActor } from './actor.ts'

/** Where a request came from: for rate limits, the session list and the record. */
export type From = { ip: string; userAgent: string | null }

/** A session that just began: the value for `Set-Cookie`, and whose it is. */
export type Started = { cookie: string; member: MemberView }

/** The content of a verified token that identity reads. The guard's VerifiedToken fits. */
export type TokenFacts = {
  resourceOwner: string
  clientId: string
  clientName: string
  grantId: string
  scopes: readonly string[]
  details: unknown
}

/** Reads a grant's `authorization_details` (RFC 9396). Throws when they aren't understood: such a token acts for nobody. */
export type ParseLimits = (details: unknown) => Limits

export type ListedMember = MemberView & { active: boolean }

/** People, sessions, invitations. Refusals are {@link IdentityError}s. */
export interface Identity {
  /** Who is acting in this browser, or null. A database look-up at most every few seconds. */
  actorForSession(request: Request): Promise<MemberActor | null>
  /** The agent behind a verified token, or null when its person is gone or its limits make no sense. */
  actorForToken(token: TokenFacts): Promise<AgentActor | null>
  /** What the authorization server asks (its SignIn port). */
  readonly signIn: {
    current(request: Request): Promise<{
      member: MemberId
      session: SessionId
      name: string
      email: string
      administrator: boolean
      signedInAt: Date
    } | null>
    page(returnTo: string): string
  }
  setup: {
    /** True while nobody has claimed this install. */
    needed(): Promise<boolean>
    /** A new one-time token for the first-run page, valid for a day; null once the install is claimed. */
    openToken(): Promise<string | null>
    /** Makes the first administrator. Of two at once, one succeeds. */
    claim(
      input: { token: string; name: string; email: string; password: string },
      from: From,
    ): Promise<Started>
    /** For containers and tests: makes the first administrator from settings. False when there is one. */
    createAdministrator(input: { name: string; email: string; password: string }): Promise<boolean>
  }
  sessions: {
    /** Signs in and ends the session that `request` carried: nobody keeps a session planted before (attacks C9). */
    start(credentials: { email: string; password: string }, request: Request, from: From): Promise<Started>
    /** Ends the session that the request carries. Returns the cookie that clears it. */
    endCurrent(request: Request, from: From): Promise<string>
    list(actor: MemberActor): Promise<SessionView[]>
    /** Ends one of the actor's own sessions; `not_found` for anybody else's. */
    end(actor: MemberActor, id: SessionId, from: From): Promise<void>
    /** Calls back when the session ended, on whichever replica. Returns the way out. */
    onEnd(session: SessionId, listener: () => void): () => void
  }
  members: {
    /** The signed-in member as the web app shows her. */
    view(actor: MemberActor): Promise<MemberView>
    list(actor: MemberActor): Promise<ListedMember[]>
    /** Administrators only. A disabled member's sessions and invitations end; `member.changed` is published. */
    change(
      actor: MemberActor,
      id: MemberId,
      to: { active?: boolean; role?: MemberRole },
      from: From,
    ): Promise<ListedMember>
    /** Members who may not sign in. */
    disabled(): Promise<MemberId[]>
    /** Ends every session of the member and starts a fresh one for this browser. */
    changePassword(actor: MemberActor, input: { current: string; next: string }, from: From): Promise<Started>
  }
  invitations: {
    /** Administrators only. The token is shown once and works once, for seven days. */
    create(
      actor: MemberActor,
      input: { email: string; role: MemberRole },
      from: From,
    ): Promise<{ invitation: InvitationView; token: string }>
    list(actor: MemberActor): Promise<InvitationView[]>
    withdraw(actor: MemberActor, id: Id<'inv'>, from: From): Promise<void>
    /** What an invitation says, for the page that accepts it. */
    look(token: string, from: From): Promise<InvitationView>
    accept(
      input: { token: string; name: string; password: string },
      request: Request,
      from: From,
    ): Promise<Started>
  }
}
