export type CrmErrorCode =
  | 'not_found' // no such object or record, or none that this actor may know of
  | 'forbidden' // the role or the grant doesn't allow it
  | 'invalid' // a value, query or intent is malformed; `fields` says which
  | 'conflict' // a newer version, a taken unique value, an idempotency key used for something else
  | 'too_large'
  | 'timeout'

/** A refusal somebody can act on. `message` is for people and agents alike; it names fields, never SQL. */
export class CrmError extends Error {
  override readonly name = 'CrmError'
  readonly code: CrmErrorCode
  readonly fields: Readonly<Record<string, string>>
  /** Scopes that would have allowed it, for a 403 that names them. */
  readonly scopes: readonly string[]
  constructor(
    code: CrmErrorCode,
    message: string,
    more: { fields?: Record<string, string>; scopes?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.fields = more.fields ?? {}
    this.scopes = more.scopes ?? []
  }
}
