import type { Params } from '../router/read-params.ts'
import { readForm, readQuery } from '../router/read-params.ts'
import { OAuthError } from '../errors.ts'

// What some clients send where the RFC has an underscore (design §4).
const legacyNames: Record<string, string> = {
  clientId: 'client_id',
  codeChallenge: 'code_challenge',
  codeChallengeMethod: 'code_challenge_method',
  redirectUrl: 'redirect_uri',
  redirectUri: 'redirect_uri',
  responseType: 'response_type',
}

/** The parameters of an authorization request, by GET or form POST (OAuth 2.1 §3.1), under the RFC's own names. */
export async function readRequest(request: Request): Promise<Params> {
  const { values, resource } = request.method === 'POST' ? await readForm(request) : readQuery(request)
  const named: Record<string, string> = {}
  for (const [sent, value] of Object.entries(values)) {
    const name = Object.hasOwn(legacyNames, sent) ? (legacyNames[sent] ?? sent) : sent
    // The same thing under two names is a repeated parameter too (attacks R6).
    if (Object.hasOwn(named, name)) {
      throw new OAuthError('invalid_request', `The parameter ${name.slice(0, 50)} was sent more than once`)
    }
    Object.defineProperty(named, name, { value, enumerable: true })
  }
  return { values: named, resource }
}
