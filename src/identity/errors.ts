export type IdentityErrorCode =
  | 'not_signed_in'
  | 'wrong_password' // also for emails nobody has: the two can't be told apart
  | 'wrong_code' // of an authenticator app or a recovery code
  | 'passkey_refused'
  | 'step_over' // a sign-in under way that is over, used, or another browser's
  | 'confirm_needed' // the session is too old for this without confirming who is there
  | 'second_factor_required' // the administrator's rule keeps the last factor in place
  | 'own_factor_first' // who makes the rule has to live by it already
  | 'passkeys_unavailable'
  | 'provider_refused'
  | 'too_many_tries'
  | 'already_set_up'
  | 'setup_token_invalid'
  | 'invitation_invalid' // never existed, used, withdrawn or expired
  | 'email_taken'
  | 'forbidden'
  | 'not_found'
  | 'last_administrator'

/** A refusal with a sentence for people. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError'
  readonly code: IdentityErrorCode
  /** Seconds to wait, with `too_many_tries`. */
  readonly retryAfter: number | undefined
  constructor(code: IdentityErrorCode, message: string, retryAfter?: number) {
    super(message)
    this.code = code
    this.retryAfter = retryAfter
  }
}
