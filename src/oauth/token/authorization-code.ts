import { createHash } from 'node:crypto'
import { z } from 'zod'
import { hashSecret, newId, sameSecret } from '#foundation'
import { readResource } from '../authorize/choose-resource.ts'
import { readAuthorizationDetails } from '../details/authorization-details.ts'
import { OAuthError } from '../errors.ts'
import { alarms } from '../grants/alarms.ts'
import { endedEntry } from '../grants/manage-grants.ts'
import type { CodeClaim } from '../grants/grant-store.ts'
import type { From } from '../endpoint.ts'
import { firstAnswer } from './first-answer.ts'
import { firstRefresh } from './first-refresh.ts'
import { givenEntry } from './given-entry.ts'
import type { Exchange, GrantType } from './grant-type.ts'
import { readParameters } from './read-parameters.ts'

const parameters = z.object({
  code: z.string().max(8192),
  // RFC 7636 §4.1. Always: no code of ours was given without a challenge (A37, A39).
  code_verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/),
  // OAuth 2.1 §10.2 dropped it; older clients send it, and then it must be the same (A47).
  redirect_uri: z.string().max(2000).optional(),
})

/** Exchanges a code: once, by the client it was given to, with the verifier of its challenge (RFC 6749 §4.1.3). */
export const authorizationCode: GrantType = async (exchange, request) => {
  const { client, params, from, binding } = request
  const { grants, resources, clock } = exchange
  const sent = readParameters(parameters, params)
  const claim: CodeClaim = {
    hash: hashSecret(sent.code),
    clientId: client.id,
    codeChallenge: createHash('sha256').update(sent.code_verifier).digest('base64url'),
    redirectUri: sent.redirect_uri,
    resource: readResource(resources(), params.resource)?.id,
    jkt: binding?.jkt ?? null,
  }
  // Before the code is used: what is malformed leaves it good.
  readAuthorizationDetails(exchange.detailsTypes, params.values['authorization_details'])
  const at = clock.now()
  const grant = newId('grt')
  const { refreshToken, refresh } = await firstRefresh(exchange, request, grant, at)
  const entry = givenEntry(client, grant, from)
  const terms = await grants.redeemCode(claim, { id: grant, at, refresh }, entry)
  if (!terms) throw await refusal(exchange, claim, from)
  return firstAnswer(exchange, request, { grant, terms, refreshToken })
}

/** Why the code wasn't exchanged. One answer for whatever a stranger could be guessing at (attacks P9). */
async function refusal(exchange: Exchange, claim: CodeClaim, from: From): Promise<OAuthError> {
  const { grants, clock, audit } = exchange
  const refused = new OAuthError(
    'invalid_grant',
    'The code is not valid for this client, or no longer. Start again',
  )
  const known = await grants.findCode(claim.hash)
  if (!known || known.clientId !== claim.clientId) return refused
  if (!sameSecret(known.codeChallenge, claim.codeChallenge)) return refused
  // RFC 9449 §10: without the key it isn't theirs to use, nor to replay.
  if (known.dpopJkt !== null && known.dpopJkt !== claim.jkt) return refused
  if (known.usedAt && known.grantId) {
    // OAuth 2.1 §4.1.3, §7.5.3: a second use ends what the first produced, but only from who could have
    // used it: the client itself with the right verifier. Others would be ending sessions by guesses (A45).
    const entry = endedEntry({ kind: 'client', id: claim.clientId }, alarms.replayed, from.ip)
    await grants.end({ grant: known.grantId }, alarms.replayed, clock.now(), entry)
    audit.note({
      event: 'code.replayed',
      outcome: 'refused',
      actor: { kind: 'client', id: claim.clientId },
      subject: { kind: 'grant', id: known.grantId },
      ip: from.ip,
    })
    return refused
  }
  // RFC 8707 §2.2. The code stays good for the right resource (attacks P8).
  if (known.expiresAt > clock.now() && claim.resource !== undefined && known.resource !== claim.resource) {
    return new OAuthError('invalid_target', 'The code was given for another resource')
  }
  return refused
}
