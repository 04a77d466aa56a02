import { comesFrom, refusedCaller } from '#foundation'
import type { AddressList, CameFrom } from '#foundation'
import { OAuthError } from '../errors.ts'

/**
 * Throws where the grant's addresses don't hold the caller. Not `invalid_grant`: the app keeps its tokens, which are good
 * where it may use them, and who stole them ends nothing (RFC 6749 §5.2).
 */
export function checkCallers(callers: AddressList | null, from: CameFrom): void {
  if (callers && !comesFrom(from, [callers])) {
    throw new OAuthError(
      'access_denied',
      refusedCaller(from, 'The access of this app was limited to be used'),
    )
  }
}
