export type UpstreamErrorCode = 'not_found' | 'conflict' | 'invalid' | 'upstream_refused' | 'too_many_tries'

/** A refusal with a sentence for people. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly code: UpstreamErrorCode
  /** Which entry is wrong, and what to do. */
  readonly fields: Readonly<Record<string, string>>
  /** Seconds after which it may work. */
  readonly retryAfter: number | undefined
  constructor(
    code: UpstreamErrorCode,
    message: string,
    fields: Record<string, string> = {},
    retryAfter?: number,
  ) {
    super(message)
    this.code = code
    this.fields = fields
    this.retryAfter = retryAfter
  }
}
