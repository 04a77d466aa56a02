export type UpstreamErrorCode = 'not_found' | 'conflict' | 'invalid'

/** A refusal with a sentence for administrators. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly code: UpstreamErrorCode
  /** Which entry is wrong, and what to do. */
  readonly fields: Readonly<Record<string, string>>
  constructor(code: UpstreamErrorCode, message: string, fields: Record<string, string> = {}) {
    super(message)
    this.code = code
    this.fields = fields
  }
}
