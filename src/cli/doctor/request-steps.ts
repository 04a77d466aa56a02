import { DeadEnd, isObject, ok, redirectUri, seen, skipped, warning } from './walk.ts'
import type { Answer } from './ask.ts'
import { need } from './server-steps.ts'
import type { Seen, Walk } from './walk.ts'

const withRegister = 'Not tried without --register: it leaves a client behind'

/** How apps become known. Tried only when the person said so. */
export async function registration(walk: Walk): Promise<Seen> {
  const server = need(walk.server)
  const endpoint = server['registration_endpoint']
  const documents = server['client_id_metadata_document_supported'] === true
  if (typeof endpoint !== 'string') {
    return documents
      ? ok('By metadata document only')
      : warning('Apps can’t register by themselves', 'Create each one by hand: tandem clients create')
  }
  if (!walk.register) {
    return ok(documents ? 'By metadata document, and by dynamic registration' : 'By dynamic registration')
  }
  const answer = await walk.ask(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Tandem doctor',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }),
  })
  const id: unknown = isObject(answer.json) ? answer.json['client_id'] : undefined
  if (answer.status === 429) return warning('Too many registrations just now', 'Wait a minute and try again')
  if (answer.status !== 201 || typeof id !== 'string') {
    throw new DeadEnd(
      `A new app can’t register (${seen(answer)})`,
      'TANDEM_CLIENT_POLICY decides who may: open, local, ask or closed. With closed, use tandem clients create',
    )
  }
  walk.clientId = id
  return ok('A new app can register')
}

/** A request without a PKCE challenge never gets as far as a person (OAuth 2.1 §4.1.1; attacks P1). */
export async function pkce(walk: Walk): Promise<Seen> {
  if (!walk.clientId) return skipped(walk.register ? 'No client to try it with' : withRegister)
  const answer = await authorize(walk, { resource: walk.resource })
  const error = errorOf(answer)
  if (error === undefined && !(answer.status >= 400 && answer.status < 500)) {
    throw new DeadEnd(
      `A request without a code_challenge is let through (${seen(answer)})`,
      'Codes can be stolen in flight: update the authorization server',
    )
  }
  return ok(`Refused: ${error?.code ?? answer.status}`)
}

/** The refusal of a resource that isn't ours shows that tokens are bound to theirs (RFC 8707 §2). */
export async function audience(walk: Walk): Promise<Seen> {
  if (!walk.clientId) return skipped(walk.register ? 'No client to try it with' : withRegister)
  const answer = await authorize(walk, {
    resource: 'https://elsewhere.example/mcp',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  const error = errorOf(answer)
  if (error?.code === 'invalid_target') {
    return error.iss === walk.issuer
      ? ok('Refused: invalid_target')
      : warning('The error carries no iss', 'RFC 9207 §2')
  }
  if (answer.status >= 400 && answer.status < 500) return ok(`Refused: ${answer.status}`)
  return warning(
    `A request for another server’s tokens is not refused (${error?.code ?? seen(answer)})`,
    'RFC 8707 §2: refuse it with invalid_target',
  )
}

async function authorize(walk: Walk, more: Record<string, string>): Promise<Answer> {
  const url = new URL(String(need(walk.server)['authorization_endpoint']))
  const parameters = {
    response_type: 'code',
    client_id: need(walk.clientId),
    redirect_uri: redirectUri,
    state: 'doctor',
    ...more,
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return walk.ask(url.href)
}

/** The error that a redirect to our own redirect URI carries; a redirect to anywhere else is no refusal. */
function errorOf({ headers, url }: Answer): { code: string; iss: string | null } | undefined {
  const location = headers.get('location')
  if (!location || !URL.canParse(location, url)) return undefined
  const target = new URL(location, url)
  const code = target.searchParams.get('error')
  if (!target.href.startsWith(redirectUri) || code === null) return undefined
  return { code, iss: target.searchParams.get('iss') }
}
