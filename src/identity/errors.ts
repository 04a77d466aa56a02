export type IdentityErrorCode =
  | 'not_signed_in'
  | 'wrong_password' // also for emails nobody has: the two can't be told apart
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
