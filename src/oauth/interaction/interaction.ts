import type { Id, MemberId } from '#foundation'
import type { AuthorizationDetail } from '../ports.ts'
import type { DeviceAnswer } from '../device/device-request.ts'

/** One authorization request being decided by one person in one browser (design §1). All of the protocol that outlives the page is here (attacks P4). */
export type Interaction = {
  id: Id<'itx'>
  /** Hash of the cookie of the browser that began it. */
  browserHash: string
  clientId: string
  request: AuthorizationRequest
  /** `prompt=login` and `max_age`: the person must have signed in at this time or later (OIDC Core §3.1.2.1). */
  signedInAfter: Date | null
  expiresAt: Date
}

/** What the client asked for, checked and completed, and how the answer travels. */
export type AuthorizationRequest = {
  /** Registered spelling. */
  resource: string
  scopes: string[]
} & (RedirectAnswer | DeviceAnswer)

/** The answer goes through the browser, to the client's redirect URI. */
export type RedirectAnswer = {
  device?: undefined
  redirectUri: string
  /** RFC 7636 §4.2, S256. */
  codeChallenge: string
  /** RFC 9449 §10: the key the code will be bound to. */
  dpopJkt?: string | undefined
  state: string | null
  /** OIDC Core §3.1.2.1. */
  nonce?: string
  /** Hash of the pushed request it came from, which is answered once (RFC 9126 §7.3). */
  pushed?: string
  /** Whom the app's ID token named: nobody else may answer (`id_token_hint`). */
  subject?: MemberId
  /** RFC 9396, checked by the types' own modules. */
  authorizationDetails?: readonly AuthorizationDetail[]
}

/** Milliseconds a person has to decide (attacks C2). */
export const interactionLife = 10 * 60 * 1000

export interface InteractionStore {
  beginInteraction(interaction: Interaction): Promise<void>
  findInteraction(id: string): Promise<Interaction | undefined>
  /** Tells the store that the interaction was decided, so that it isn't answered from memory. */
  forget(id: string): void
}
