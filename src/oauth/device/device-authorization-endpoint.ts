import { hashSecret, newSecret } from '#foundation'
import type { Clock } from '#foundation'
import type { Audit } from '#audit'
import { checkPkce } from '../authorize/check-pkce.ts'
import { checkPolicy, scopesUnderPolicy } from '../authorize/check-policy.ts'
import { readResource } from '../authorize/choose-resource.ts'
import type { Resources } from '../authorize/choose-resource.ts'
import { narrowScopes } from '../authorize/scopes.ts'
import type { AuthenticateClient } from '../clients/authenticate.ts'
import { addressKey } from '../clients/address-key.ts'
import type { Client } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import { refuseDetails } from '../details/authorization-details.ts'
import type { Endpoint, From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import { formOf, readForm } from '../router/read-params.ts'
import type { Params } from '../router/read-params.ts'
import { mayUse } from '../token/grant-type.ts'
import { deviceLife, pollInterval } from './device-request.ts'
import type { DeviceRequest, DeviceStore } from './device-request.ts'
import { newUserCode, showUserCode, userCodeHash } from './user-code.ts'

export type DeviceAuthorizationDependencies = {
  issuer: string
  secret: string
  clients: Pick<Clients, 'decide'>
  authenticate: AuthenticateClient
  devices: DeviceStore
  resources: () => Resources
  clock: Clock
  audit: Audit
}

/** Requests that may wait at once: more would bring a guess closer to one of them (docs/threat-model.md, V1). */
const mostWaiting = { perAddress: 200, inAll: 5000 }
/** The page where people type the code. */
const page = '/device'
const grantType = 'urn:ietf:params:oauth:grant-type:device_code'

/** `POST /oauth/device_authorization` (RFC 8628 §3.1): a code for the device to poll with, another for a person to type. */
export function createDeviceAuthorizationEndpoint(deps: DeviceAuthorizationDependencies): Endpoint {
  const hashUserCode = userCodeHash(deps.secret)
  return async (request, from) => {
    const params = await readForm(request)
    refuseDetails(params)
    const authorization = request.headers.get('authorization')
    // A metadata document's client may come here first.
    const client = await deps.authenticate({
      form: formOf(params),
      authorization,
      ip: from.ip,
      at: 'authorize',
    })
    checkGrantType(client)
    const wanted = readAsked(deps, client, params, from)
    // Attacks V7: the rules that stand before a consent page stand here too.
    const { scopes, resource, ip } = wanted
    const policy = await checkPolicy(deps.clients, client, null, { at: 'device', scopes, resource, ip })
    const asked = {
      ...wanted,
      scopes: scopesUnderPolicy(policy, wanted.scopes, deps.resources()[0].defaultScopes),
    }
    const deviceCode = newSecret('dc')
    const userCode = await begin(deps, asked, hashSecret(deviceCode), hashUserCode)
    deps.audit.note({
      event: 'device.asked',
      outcome: 'ok',
      actor: { kind: 'client', id: client.id, name: client.name },
      ip: from.ip,
      detail: { resource: asked.resource, scope: asked.scopes.join(' ') },
    })
    return answer(deps.issuer, deviceCode, userCode)
  }
}

function checkGrantType(client: Client): void {
  if (!mayUse(client, grantType)) {
    throw new OAuthError('unauthorized_client', `This client is not registered for ${grantType}`)
  }
}

type Asked = Omit<DeviceRequest, 'hash' | 'userHash'>

function readAsked(
  { resources, clock }: DeviceAuthorizationDependencies,
  client: Client,
  params: Params,
  { ip }: From,
): Asked {
  const { values } = params
  const resource = readResource(resources(), params.resource) ?? resources()[0]
  // RFC 8628 knows no PKCE; what a client sends all the same is held to (attacks V6, CVE-2026-123542).
  const sendsPkce = values['code_challenge'] !== undefined || values['code_challenge_method'] !== undefined
  const createdAt = clock.now()
  return {
    clientId: client.id,
    codeChallenge: sendsPkce ? checkPkce(params) : null,
    resource: resource.id,
    scopes: narrowScopes(values['scope'], resource, client),
    ip,
    address: addressKey(ip),
    createdAt,
    expiresAt: new Date(createdAt.getTime() + deviceLife),
  }
}

async function begin(
  { devices }: DeviceAuthorizationDependencies,
  asked: Asked,
  hash: string,
  hashUserCode: (code: string) => string,
): Promise<string> {
  // Once more, for the case that somebody is typing that very code.
  for (let tries = 0; tries < 2; tries++) {
    const userCode = newUserCode()
    if (await devices.begin({ ...asked, hash, userHash: hashUserCode(userCode) }, mostWaiting))
      return userCode
  }
  throw new OAuthError('temporarily_unavailable', 'Too many devices wait for an answer; try again soon', {
    headers: { 'Retry-After': '60' },
  })
}

/** RFC 8628 §3.2. */
function answer(issuer: string, deviceCode: string, userCode: string): Response {
  const shown = showUserCode(userCode)
  const body = {
    device_code: deviceCode,
    user_code: shown,
    verification_uri: issuer + page,
    verification_uri_complete: `${issuer}${page}?user_code=${shown}`,
    expires_in: deviceLife / 1000,
    interval: pollInterval,
  }
  return Response.json(body, { headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' } })
}
