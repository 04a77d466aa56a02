import { CrmError } from '#crm'
import type { CrmErrorCode } from '#crm'
import { reportUnexpected } from '#foundation'
import type { Log } from '#foundation'
import type { ApiError } from '#contract'
import { UpstreamError } from '#gateway'
import type { UpstreamErrorCode } from '#gateway'
import { IdentityError } from '#identity'
import type { IdentityErrorCode } from '#identity'
import { OAuthError } from '#oauth'

export type ApiErrorCode =
  | 'bad_request'
  | 'not_signed_in'
  | 'forbidden'
  | 'foreign_origin'
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'too_large'
  | 'too_many_calls'
  | 'invalid'
  | 'upstream_refused'

/** A refusal of the API itself: before any module was asked. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly code: ApiErrorCode
  readonly fields: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  constructor(
    code: ApiErrorCode,
    message: string,
    more: { fields?: Record<string, string>; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.code = code
    this.fields = more.fields ?? {}
    this.headers = more.headers ?? {}
  }
}

/** The one table of codes and statuses (design §8). */
const statusOf = {
  bad_request: 400,
  not_signed_in: 401,
  wrong_password: 401,
  wrong_code: 401,
  passkey_refused: 401,
  forbidden: 403,
  foreign_origin: 403,
  confirm_needed: 403,
  provider_refused: 403,
  setup_token_invalid: 403,
  not_found: 404,
  method_not_allowed: 405,
  timeout: 503,
  conflict: 409,
  already_set_up: 409,
  email_taken: 409,
  last_administrator: 409,
  second_factor_required: 409,
  own_factor_first: 409,
  passkeys_unavailable: 409,
  invitation_invalid: 410,
  step_over: 410,
  too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  too_many_tries: 429,
  too_many_calls: 429,
  upstream_refused: 502,
} satisfies Record<ApiErrorCode | CrmErrorCode | IdentityErrorCode | UpstreamErrorCode, number>

function answer(status: number, body: ApiError, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store', ...headers } })
}

function refusal(
  code: keyof typeof statusOf,
  message: string,
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = { error: code, message, ...(Object.keys(fields).length > 0 ? { fields } : {}) }
  return answer(statusOf[code], body, headers)
}

/** Any error as the answer people and programs get. What nobody expected is opaque; the log has it under the id. */
export function errorResponse(
  error: unknown,
  log: Log,
  where: string,
  /** The `WWW-Authenticate` value that names the scopes an agent lacks (RFC 6750 §3). */
  challengeFor?: (scopes: readonly string[]) => string | null,
): Response {
  if (error instanceof ApiFailure) return refusal(error.code, error.message, error.fields, error.headers)
  if (error instanceof CrmError) {
    const challenge = error.scopes.length > 0 ? challengeFor?.(error.scopes) : null
    return refusal(
      error.code,
      error.message,
      error.fields,
      challenge ? { 'WWW-Authenticate': challenge } : {},
    )
  }
  if (error instanceof IdentityError || error instanceof UpstreamError) {
    const headers = error.retryAfter === undefined ? {} : { 'Retry-After': String(error.retryAfter) }
    return refusal(error.code, error.message, error instanceof UpstreamError ? error.fields : {}, headers)
  }
  if (error instanceof OAuthError && error.status < 500) {
    return answer(error.status, { error: error.code, message: error.description }, error.headers)
  }
  const id = reportUnexpected(log, error, where)
  return answer(500, { error: 'unexpected', message: `Something went wrong on our side (${id})`, id })
}
