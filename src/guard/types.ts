import type { AddressList } from '#foundation'

/** What a verified access token says (RFC 9068 §2.2 and our own claims). */
export type VerifiedToken = {
  /** The person, or the client itself for client credentials. */
  subject: string
  /** Whose rights it carries (RFC 6749 §1.1): the subject, or the owner of a client that acts for nobody else. */
  resourceOwner: string
  clientId: string
  /** The client's name as its grant's person saw it. Empty when the verifier can't know it (JWKS). */
  clientName: string
  grantId: string
  /** RFC 9396 `authorization_details` of the grant, for the resource to read. */
  details: unknown
  scopes: readonly string[]
  /** Resource the token is for, in its registered spelling. */
  audience: string
  /** Seconds since the epoch. */
  expiresAt: number
  issuedAt: number
  tokenId: string
  /**
   * Thumbprint of the key it is bound to (`cnf.jkt`, RFC 9449 §6), or null for a bearer token. The guard refuses a bound
   * token that comes without a proof of its key, so a verifier must never leave this out.
   */
  boundTo: string | null
  /** Where it may be used from, for the door that knows where the request came from. Absent or null: anywhere. */
  callers?: AddressList | null
}

/** How a guard learns whether a token is good. In process, by JWKS, or by introspection for anyone else's server. */
export interface TokenVerifier {
  /**
   * Resolves to the token's content, or to undefined when it must not be honoured. Throws when it can't tell; an error
   * with a text `withheld` refuses a good token for now, in these words (a 403 that leaves the client its token).
   * `mayAsk` is asked before a token that isn't known costs a question elsewhere.
   */
  verify(token: string, audience: string, mayAsk?: MayAsk): Promise<VerifiedToken | undefined>
}

/** False: no question for whoever this is, who has had too many; then the verifier can't tell. */
export type MayAsk = () => boolean | Promise<boolean>
