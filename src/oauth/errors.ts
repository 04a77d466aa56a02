/** Every error code this server says, and the status it travels with (RFC 6749 §5.2; RFC 7591 §3.2.2; RFC 8707 §2). */
const statusOf = {
  invalid_request: 400,
  // RFC 6749 §5.2: 401, with a challenge only when the client used the Authorization header.
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  unsupported_token_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  // RFC 9396 §5.
  invalid_authorization_details: 400,
  access_denied: 403,
  login_required: 400,
  consent_required: 400,
  interaction_required: 400,
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_software_statement: 400,
  unapproved_software_statement: 400,
  // RFC 8628 §3.5.
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
  // RFC 9449 §5, §8.
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
  invalid_token: 401,
  // RFC 6750 §3.1.
  insufficient_scope: 403,
  not_found: 404,
  server_error: 500,
  temporarily_unavailable: 503,
} satisfies Record<OAuthErrorCode, number>

export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'unsupported_token_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_authorization_details'
  | 'access_denied'
  | 'login_required'
  | 'consent_required'
  | 'interaction_required'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'invalid_software_statement'
  | 'unapproved_software_statement'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'not_found'
  | 'server_error'
  | 'temporarily_unavailable'

export type OAuthErrorOptions = {
  /** For the log; never leaves the server. */
  cause?: unknown
  headers?: Record<string, string>
  /** Where the code's usual status is wrong (405, 413, 429). */
  status?: number
}

/** A refusal in the protocol's own words. `description` is for the developer at the other end: no secrets, no internals. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly description: string
  readonly status: number
  readonly headers: Record<string, string>

  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(`${code}: ${description}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.description = toAscii(description)
    this.status = options.status ?? statusOf[code]
    this.headers = options.headers ?? {}
  }

  /** RFC 6749 §5.2, with `Cache-Control: no-store` as §5.1 asks of everything the token endpoint says. */
  toResponse(): Response {
    return Response.json(
      { error: this.code, error_description: this.description },
      { status: this.status, headers: { 'Cache-Control': 'no-store', ...this.headers } },
    )
  }
}

/** RFC 6749 §5.2: error_description holds %x20-21 / %x23-5B / %x5D-7E, so no quote, backslash or line break. */
function toAscii(text: string): string {
  return text
    .replaceAll(/["\\]/g, "'")
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 300)
}
