import { OAuthError } from '../errors.ts'
import type { Client } from './client.ts'
import { badToken } from './initial-access.ts'
import type { Ceilings } from './policy/ceilings.ts'
import type { PolicyEngine } from './policy/client-policy.ts'

/** What the client policy says to a client that registers, or changes its registration. Throws OAuthError. */
export async function checkPolicy(
  policy: Pick<PolicyEngine, 'decide' | 'judgeBy' | 'current'>,
  client: Client,
  asked: { ip: string; initialAccessToken: boolean },
): Promise<Ceilings> {
  const at = 'registration' as const
  const { outcome, rule, why, ceilings } = await policy.decide(client, null, { at, ...asked })
  if (outcome !== 'refuse') return ceilings
  if (!asked.initialAccessToken) {
    const current = await policy.current()
    const withOne = await policy.judgeBy(current.policy, client, null, { at, initialAccessToken: true })
    // RFC 7591 §3: the token is all that was missing.
    if (withOne.outcome !== 'refuse') throw badToken(why, false)
  }
  throw rule === 'local-only' || rule === 'app-schemes'
    ? new OAuthError('invalid_redirect_uri', why)
    : new OAuthError('access_denied', why)
}
