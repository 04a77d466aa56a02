import { OAuthError } from '../errors.ts'
import type { Params } from '../router/read-params.ts'

const longest = 2048

/** `state` comes back exactly as it was sent (A43); 2 KB at most. */
export function checkState({ values }: Params): string | null {
  const state = values['state']
  if (state === undefined) return null
  if (Buffer.byteLength(state) > longest)
    throw new OAuthError('invalid_request', 'state may have 2048 bytes at most')
  return state
}
