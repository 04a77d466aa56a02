import type { z } from 'zod'
import { OAuthError } from '../errors.ts'
import type { Params } from '../router/read-params.ts'

/** The endpoint's own parameters; unknown ones are ignored (OAuth 2.1 §3.2). Throws `invalid_request` naming the wrong one. */
export function readParameters<T>(schema: z.ZodType<T>, params: Params): T {
  const read = schema.safeParse(params.values)
  if (read.success) return read.data
  const name = read.error.issues[0]?.path.join('.') ?? ''
  throw new OAuthError('invalid_request', `${name} is missing or malformed`)
}
