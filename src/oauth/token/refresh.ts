import { z } from 'zod'
import type { AuditEntry } from '#audit'
import { deriveKey, hashSecret, sameSecret, seal, unseal } from '#foundation'
import type { GrantId } from '#foundation'
import { readResource } from '../authorize/choose-resource.ts'
import { splitScope } from '../authorize/scopes.ts'
import type { Client } from '../clients/client.ts'
import { narrowDetails, sameDetails } from '../details/authorization-details.ts'
import { invalidProof } from '../dpop/read-proofs.ts'
import { OAuthError } from '../errors.ts'
import type { GrantTerms } from '../grants/grant.ts'
import { checkCallers } from '../grants/check-callers.ts'
import { callersLeft } from '../grants/standing.ts'
import { alarms } from '../grants/alarms.ts'
import { endedEntry } from '../grants/manage-grants.ts'
import type { From } from '../endpoint.ts'
import { refreshKey } from './grant-type.ts'
import type { Exchange, GrantType, TokenRequest } from './grant-type.ts'
import { readParameters } from './read-parameters.ts'
import { refreshGrace } from './refresh-token.ts'

const parameters = z.object({
  // As long as any token of ours: what is no refresh token is invalid_grant, not a malformed request (RFC 6749 §5.2).
  refresh_token: z.string().max(8192),
  // A80: absent means all of the grant; Claude Code never sends it.
  scope: z.string().max(2000).optional(),
})

type Presented = { token: string; hash: string; grant: GrantId; terms: GrantTerms; scopes: readonly string[] }

/**
 * Rotates a refresh token (OAuth 2.1 §4.3). Everybody who presents the same token within the grace gets the same
 * answer; presented later, or after its successor was used, it ends the grant (RFC 9700 §4.14.2).
 */
export const refresh: GrantType = async (exchange, { client, params, from, binding }) => {
  const { grants, refreshTokens, issue, clock } = exchange
  const presented = await readPresented(exchange, client, { params, from })
  await exchange.limits.grant(presented.grant, client, from, binding?.jkt ?? null)
  const { token, hash, grant, terms, scopes } = presented
  const at = clock.now()
  const successor = refreshTokens.issue(grant)
  const answer = JSON.stringify(await issue({ grant, terms, scopes, refreshToken: successor, binding }))
  const rotated = await grants.rotateRefreshToken(
    {
      grant,
      clientId: client.id,
      presentedHash: hash,
      successorHash: hashSecret(successor),
      answer: seal(answerKey(token), answer, grant),
      at,
      idleUntil: await exchange.policy.idleUntil(client, at),
      jkt: binding?.jkt ?? null,
      bindTo: refreshKey(client, binding),
    },
    refreshedEntry(client, grant, from),
  )
  return rotated ? answer : answerAgain(exchange, { client, params, from, binding }, presented)
}

async function readPresented(
  { life, refreshTokens, resources, detailsTypes, clock }: Exchange,
  client: Client,
  { params, from }: Pick<TokenRequest, 'params' | 'from'>,
): Promise<Presented> {
  const { refresh_token: token, scope } = readParameters(parameters, params)
  const grant = refreshTokens.read(token)
  const known = grant && (await life.find(grant))
  // A77, attacks T2: another client's token is no token; nothing happens to the grant.
  if (!grant || !known || known.grant.clientId !== client.id) throw refused()
  if ((await life.judge(known, clock.now(), 'token')) === 'over') throw refused()
  checkCallers(callersLeft(known), from)
  const kept = narrowDetails(
    detailsTypes,
    known.grant.authorizationDetails,
    params.values['authorization_details'],
  )
  const terms = kept ? { ...known.grant, authorizationDetails: kept } : known.grant
  const resource = readResource(resources(), params.resource)
  if (resource && resource.id !== terms.resource) {
    throw new OAuthError('invalid_target', 'The grant is for another resource')
  }
  const asked = splitScope(scope)
  if (!asked.every((one) => terms.scopes.includes(one))) {
    throw new OAuthError('invalid_scope', 'A refresh can only narrow the scopes that were granted')
  }
  // OAuth 2.1 §4.3.3: the refresh token keeps the grant's whole scope; this access token has what was asked.
  return { token, hash: hashSecret(token), grant, terms, scopes: asked.length > 0 ? asked : terms.scopes }
}

/** The token wasn't the current one. Within the grace it gets what the first to present it got (A79); later it was reused. */
async function answerAgain(
  exchange: Exchange,
  { client, from, binding }: TokenRequest,
  presented: Presented,
): Promise<string> {
  const { grants, clock, issue, audit } = exchange
  const { token, hash, grant, terms, scopes } = presented
  const now = clock.now()
  const state = await grants.refreshState(grant, now)
  if (!state?.alive || state.clientId !== client.id) throw refused()
  // RFC 9449 §5; attacks T6: who doesn't hold the key can neither use the family nor end it.
  if (state.boundTo !== null && state.boundTo !== binding?.jkt) throw wrongKey()
  if (isSame(state.currentHash, hash)) throw refused()
  const inGrace = state.rotatedAt !== null && now.getTime() - state.rotatedAt.getTime() <= refreshGrace
  if (isSame(state.previousHash, hash) && state.answer !== null && inGrace) {
    // To the byte, `expires_in` included: who retries late finds the token a little shorter-lived than it says.
    const answer = unseal(answerKey(token), state.answer, grant)
    const { scope, refresh_token: refreshToken, boundTo, details } = readAnswer(answer)
    const same = scope === scopes.join(' ') && sameDetails(terms.authorizationDetails, details)
    if (same && boundTo === (binding?.jkt ?? null)) return answer
    return JSON.stringify(await issue({ grant, terms, scopes, refreshToken, binding }))
  }
  const entry = endedEntry({ kind: 'client', id: client.id, name: client.name }, alarms.reused, from.ip)
  await grants.end({ grant }, alarms.reused, now, entry)
  audit.note({
    event: 'refresh_token.reused',
    outcome: 'refused',
    actor: { kind: 'client', id: client.id, name: client.name },
    subject: { kind: 'grant', id: grant },
    ip: from.ip,
    // A86: an old token that a client kept by mistake looks the same as a stolen one; the age tells them apart.
    detail: { rotated_at: state.rotatedAt?.toISOString() ?? null },
  })
  throw refused()
}

function isSame(kept: string | null, hash: string): boolean {
  return kept !== null && sameSecret(kept, hash)
}

/** Only who presents the old token can open the answer to it: a database dump yields nothing (design §4). */
function answerKey(token: string): Buffer {
  return deriveKey(token, 'oauth refresh answer')
}

const storedAnswer = z.object({
  scope: z.string(),
  refresh_token: z.string(),
  access_token: z.string(),
  authorization_details: z.unknown().optional(),
})
const boundClaims = z.object({ cnf: z.object({ jkt: z.string() }).optional() })

function readAnswer(answer: string) {
  const {
    access_token: token,
    authorization_details: details,
    ...stored
  } = storedAnswer.parse(JSON.parse(answer))
  // Ours, and sealed since: what it says needs no verifying.
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
  return { ...stored, details, boundTo: boundClaims.parse(JSON.parse(payload)).cnf?.jkt ?? null }
}

function wrongKey(): OAuthError {
  return invalidProof('The refresh token is bound to another key than the proof’s, or there is no proof')
}

function refused(): OAuthError {
  return new OAuthError(
    'invalid_grant',
    'The refresh token is not valid for this client, or no longer. Sign in again',
  )
}

function refreshedEntry(client: Client, grant: GrantId, from: From): AuditEntry {
  return {
    event: 'token.refreshed',
    outcome: 'ok',
    actor: { kind: 'client', id: client.id, name: client.name },
    subject: { kind: 'grant', id: grant },
    ip: from.ip,
  }
}
