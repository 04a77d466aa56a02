import { isObject } from '../walk.ts'
import { Stuck } from './discover.ts'
import type { ClientShape } from './shape.ts'
import type { WayIn } from './way-in.ts'

/** The parameters of the authorization request, in the order of sending. */
export function authorizationRequest(
  shape: ClientShape,
  way: WayIn,
  own: { clientId: string; challenge: string; state: string },
): URLSearchParams {
  const sent = new URLSearchParams({
    response_type: 'code',
    client_id: own.clientId,
    code_challenge: own.challenge,
    code_challenge_method: 'S256',
    redirect_uri: shape.redirectUri,
    state: own.state,
  })
  if (way.scope !== null) sent.set('scope', way.scope)
  // OIDC Core §11: offline_access needs prompt=consent. The SDK sends both.
  if (way.scope?.split(' ').includes('offline_access')) sent.set('prompt', 'consent')
  for (const resource of way.resource) sent.append('resource', resource)
  return sent
}

/** What a registration must answer for the SDK's clients to go on (RFC 7591 §3.2.1). @throws Stuck */
export function readRegistration(
  status: number,
  body: unknown,
  redirectUri: string,
): Record<string, unknown> {
  if (status !== 201 && status !== 200) {
    const why = isObject(body)
      ? `${String(body['error'])}: ${String(body['error_description'] ?? '')}`
      : 'no JSON'
    throw new Stuck(
      `its registration is refused (${status}, ${why})`,
      'Leave out what isn’t supported and answer with what is left; a refusal ends the whole registration (RFC 7591 §3.2.1)',
    )
  }
  if (!isObject(body) || typeof body['client_id'] !== 'string') {
    throw new Stuck('its registration is answered without a client_id', 'RFC 7591 §3.2.1')
  }
  const nulls = Object.keys(body).filter((name) => body[name] === null)
  if (nulls.length > 0)
    throw new Stuck(
      `the registration’s answer has nulls (${nulls.join(', ')})`,
      'Leave out what has no value',
    )
  if (!Array.isArray(body['redirect_uris'])) {
    throw new Stuck(
      'the registration’s answer doesn’t repeat redirect_uris',
      'RFC 7591 §3.2.1: answer with all that was registered',
    )
  }
  if (body['client_secret'] !== undefined && typeof body['client_secret_expires_at'] !== 'number') {
    throw new Stuck(
      'client_secret comes without client_secret_expires_at',
      'RFC 7591 §3.2.1: a number, 0 for never',
    )
  }
  if (!body['redirect_uris'].includes(redirectUri)) {
    throw new Stuck(
      `the server dropped ${redirectUri}`,
      'Accept it: the client has nowhere else to go back to',
    )
  }
  return body
}

/** The refusal in an answer to the redirect URI, checked as the client checks it (RFC 9207 §2.4). @throws Stuck */
export function checkAnswer(way: WayIn, state: string, answer: URLSearchParams): string {
  const iss = answer.get('iss')
  if (iss === null && way.expectsIss) {
    throw new Stuck(
      'iss is announced and missing in the answer',
      'Send iss with every authorization response (RFC 9207 §2)',
    )
  }
  if (iss !== null && iss !== way.issuer) {
    throw new Stuck(
      `the answer’s iss is ${iss}, not ${way.issuer}`,
      'Send the issuer as the metadata spells it (RFC 9207 §2)',
    )
  }
  if (answer.get('state') !== state)
    throw new Stuck('state came back changed', 'OAuth 2.1 §4.1.2: as it was sent')
  const error = answer.get('error')
  if (error !== null)
    throw new Stuck(`the answer is ${error}: ${answer.get('error_description') ?? ''}`, 'See the error')
  const code = answer.get('code')
  if (!code) throw new Stuck('the answer holds no code', 'OAuth 2.1 §4.1.2')
  return code
}
