import type {
  InvitationView,
  JoiningDomain,
  Limits,
  ListedMemberView,
  MemberRole,
  MemberView,
  NewPasskeyAnswer,
  PasskeyAnswer,
  PasskeyView,
  Proof,
  ProviderView,
  SecondFactorRule,
  SecondWay,
  SecurityView,
  SessionView,
  SignInRules,
  TotpDraft,
} from '#contract'
import type { Id, MemberId, SessionId } from '#foundation'
import type { AgentActor, MemberActor } from './actor.ts'

/** Where a request came from: for rate limits, the session list and the record; `cookies` as the browser sent them. */
export type From = { ip: string; userAgent: string | null; cookies?: string | null }

/** A session that just began: the values for `Set-Cookie`, and whose it is. */
export type Started = { cookie: string; device: string; member: MemberView; recoveryCodes?: string[] }
/** One more step before a session begins. The handle works only with the cookie, for five minutes. */
export type Due = {
  cookie: string
  handle: string
  due: 'second-step' | 'enrol'
  ways: SecondWay[]
}
export type Entered = Started | Due
/** What a browser hands to `navigator.credentials` (WebAuthn §5.1.8 and §5.1.9), with the cookie that binds it. */
export type PasskeyOptions = { options: object; cookie: string }

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

export type ListedMember = ListedMemberView

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
      /** When she last proved who she is, and how (RFC 8176). */
      signedInAt: Date
      amr: readonly string[]
    } | null>
    /** `hint`: the address she probably signs in with. */
    page(returnTo: string, hint?: string): string
  }
  /** How many there are, for whoever watches the install. */
  counts(): Promise<{ members: number; sessions: number }>
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
    /**
     * Signs in and ends the session that `request` carried: nobody keeps a session planted before (attacks C9).
     * Leads to a second step when she has one.
     */
    start(
      credentials: { email: string; password: string; link?: string | undefined },
      request: Request,
      from: From,
    ): Promise<Entered>
    /** Ends the session that the request carries. Returns the cookie that clears it. */
    endCurrent(request: Request, from: From): Promise<string>
    list(actor: MemberActor): Promise<SessionView[]>
    /** Ends one of the actor's own sessions; `not_found` for anybody else's. */
    end(actor: MemberActor, id: SessionId, from: From): Promise<void>
    /** Ends all of the actor's sessions but this one. Resolves to how many. */
    endOthers(actor: MemberActor, from: From): Promise<number>
    /** The actor says that a sign-in on a new device was hers. */
    recognise(actor: MemberActor, id: SessionId): Promise<void>
    /** Calls back when the session ended, on whichever replica. Returns the way out. */
    onEnd(session: SessionId, listener: () => void): () => void
  }
  /** What comes after a first step. */
  secondStep: {
    take(input: { handle: string; proof: Proof }, request: Request, from: From): Promise<Started>
    /** A challenge for one of her passkeys. */
    passkeyOptions(handle: string, from: From): Promise<PasskeyOptions>
    /** For who must set up a second factor before she is in. */
    enrol(handle: string, from: From): Promise<TotpDraft>
    confirmEnrol(input: { handle: string; code: string }, request: Request, from: From): Promise<Started>
  }
  passkeys: {
    /** A challenge for whoever comes with a passkey. */
    signInOptions(from: From): Promise<PasskeyOptions>
    signIn(
      input: { answer: PasskeyAnswer; link?: string | undefined },
      request: Request,
      from: From,
    ): Promise<Entered>
  }
  /**
   * How the actor proves who she is. What changes it asks for a session that was confirmed within ten minutes
   * (`confirm_needed`). The first factor comes with recovery codes.
   */
  security: {
    view(actor: MemberActor): Promise<SecurityView>
    confirm(actor: MemberActor, proof: Proof, from: From): Promise<void>
    /** Throws `confirm_needed` when the session wasn't confirmed lately: for what somebody makes that outlives it. */
    requireConfirmed(actor: MemberActor): Promise<void>
    confirmOptions(actor: MemberActor, from: From): Promise<PasskeyOptions>
    draftTotp(actor: MemberActor): Promise<TotpDraft>
    /** Puts the drafted secret in force. Recovery codes when this is her first factor. */
    confirmTotp(actor: MemberActor, code: string, from: From): Promise<{ recoveryCodes: string[] | null }>
    removeTotp(actor: MemberActor, from: From): Promise<void>
    renewRecoveryCodes(actor: MemberActor, from: From): Promise<string[]>
    passkeyOptions(actor: MemberActor, from: From): Promise<PasskeyOptions>
    addPasskey(
      actor: MemberActor,
      input: { name: string; answer: NewPasskeyAnswer },
      from: From,
    ): Promise<{ passkey: PasskeyView; recoveryCodes: string[] | null }>
    renamePasskey(actor: MemberActor, id: Id<'psk'>, name: string): Promise<void>
    removePasskey(actor: MemberActor, id: Id<'psk'>, from: From): Promise<void>
  }
  /** Members where no browser says who is meant: an app's owner, the subject of an assertion (oauth's People port). */
  readonly people: {
    /** By id, by e-mail address, or by what a provider calls her. Null for nobody, and for who may not sign in. */
    find(
      who:
        | { member: MemberId }
        /** `unknownTo`: not when that provider knows her by another name, or somebody else by this one. */
        | { email: string; unknownTo?: { issuer: string; subject: string } }
        | { issuer: string; subject: string },
    ): Promise<{ member: MemberId; name: string; email: string; administrator: boolean } | null>
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
    /** Administrators only: takes away another member's second factors and ends her sessions. */
    resetFactors(actor: MemberActor, id: MemberId, from: From): Promise<void>
    /** The active member of that id or e-mail address, for those who set things up for her. */
    named(who: string): Promise<MemberId | undefined>
    /** Mail addresses of the administrators who may sign in. */
    administrators(): Promise<string[]>
    /** Members who may not sign in. */
    disabled(): Promise<MemberId[]>
    /** Ends every session of the member and starts a fresh one for this browser. `current` is null for a first password. */
    changePassword(
      actor: MemberActor,
      input: { current: string | null; next: string },
      from: From,
    ): Promise<Started>
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
    ): Promise<Entered>
  }
  /** Administrators only. */
  rules: {
    read(actor: MemberActor): Promise<SignInRules>
    /** Weaker sessions of those it now asks end. Who makes the rule has to have a second factor. */
    setSecondFactor(actor: MemberActor, rule: SecondFactorRule, from: From): Promise<void>
    setDomain(actor: MemberActor, domain: JoiningDomain, from: From): Promise<void>
    removeDomain(actor: MemberActor, which: { domain: string; provider: string }, from: From): Promise<void>
  }
  /** Signing in with an account elsewhere (OpenID Connect). */
  providers: {
    list(): ProviderView[]
    /** Where to send the browser, which the cookie binds to what comes back. `next` is a path of ours. */
    begin(
      input: { provider: string; next: string },
      actor: MemberActor | null,
      from: From,
    ): Promise<{ location: string; cookie: string }>
    /** The provider's answer at our redirect URI. Resolves to where the browser goes next. */
    finish(provider: string, request: Request, from: From): Promise<{ location: string; cookies: string[] }>
    /** Takes a connected account away from the actor. */
    unlink(actor: MemberActor, provider: string, from: From): Promise<void>
  }
}
