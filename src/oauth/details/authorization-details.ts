import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { OAuthError } from '../errors.ts'
import type { AuthorizationDetail, AuthorizationDetailsType } from '../ports.ts'
import type { Params } from '../router/read-params.ts'

/** Bytes of the parameter: the details travel in every token, and tokens in headers. */
const longest = 2048
const sent = z
  .array(z.looseObject({ type: z.string().min(1).max(100) }))
  .min(1)
  .max(10)

export type DetailsTypes = readonly AuthorizationDetailsType[]

/** The type's own code, or undefined for a type nobody registered. */
export function typeOf(
  types: DetailsTypes,
  { type }: AuthorizationDetail,
): AuthorizationDetailsType | undefined {
  return types.find((one) => one.type === type)
}

/**
 * RFC 9396 §2, §5: each detail is checked by the module that registered its type; one nobody knows refuses the whole
 * request. Undefined when none were sent. Throws invalid_authorization_details.
 */
export function readAuthorizationDetails(
  types: DetailsTypes,
  text: string | undefined,
): AuthorizationDetail[] | undefined {
  if (text === undefined) return undefined
  return parse(text).map((detail) => {
    const read = typeOf(types, detail)?.read(detail) ?? `there is no type ${detail.type.slice(0, 50)} here`
    if (typeof read === 'string') throw refused(read)
    return read
  })
}

/** At the token endpoint: some of what was granted (RFC 9396 §6), else all of it. Never more. */
export function narrowDetails(
  types: DetailsTypes,
  granted: readonly AuthorizationDetail[] | undefined,
  text: string | undefined,
): readonly AuthorizationDetail[] | undefined {
  const asked = readAuthorizationDetails(types, text)
  if (asked === undefined) return granted
  const covered = asked.every((one) =>
    granted?.some((wider) => wider.type === one.type && typeOf(types, one)?.covers(wider, one)),
  )
  if (!covered) throw refused('more than was granted')
  return asked
}

/** Where nobody could be shown them: an unheard wish would give more than was asked for. */
export function refuseDetails({ values }: Params): void {
  if (values['authorization_details'] !== undefined)
    throw refused('not taken here; ask at the authorization endpoint')
}

/** True when a token with these details says the same as one with those. */
export function sameDetails(one: readonly AuthorizationDetail[] | undefined, other: unknown): boolean {
  return isDeepStrictEqual(one, other)
}

function parse(text: string): AuthorizationDetail[] {
  if (Buffer.byteLength(text) > longest) throw refused(`longer than ${longest} bytes`)
  let value: unknown
  try {
    // PostgreSQL keeps no NUL; a name of its own would be a prototype (attacks O7).
    value = JSON.parse(text, (name, member: unknown) => {
      if (name === '__proto__' || hasNul(name) || (typeof member === 'string' && hasNul(member)))
        throw new Error()
      return member
    })
  } catch {
    throw refused('not JSON that could be kept')
  }
  const parsed = sent.safeParse(value)
  if (!parsed.success) throw refused('not an array of one to ten objects with a type each')
  return parsed.data
}

function hasNul(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed()
}

function refused(why: string): OAuthError {
  return new OAuthError('invalid_authorization_details', `authorization_details: ${why}`)
}
