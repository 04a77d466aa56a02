import { hashSecret } from '#foundation'
import type { GrantId } from '#foundation'
import { mayRefresh, refreshKey } from './grant-type.ts'
import type { Exchange, TokenRequest } from './grant-type.ts'

/** A new grant's refresh token, and what is kept of it; nothing when the client has no use for one (A82). */
export async function firstRefresh(
  { refreshTokens, policy }: Exchange,
  { client, binding }: TokenRequest,
  grant: GrantId,
  at: Date,
) {
  if (!mayRefresh(client)) return { refreshToken: undefined, refresh: null }
  const refreshToken = refreshTokens.issue(grant)
  return {
    refreshToken,
    refresh: {
      hash: hashSecret(refreshToken),
      idleUntil: await policy.idleUntil(client, at),
      boundTo: refreshKey(client, binding),
    },
  }
}
