import type { ConsentDecision } from '#contract'
import { isId } from '#foundation'
import type { SignedIn } from '#oauth'
import type { ComposedOAuth } from './oauth.ts'

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

export type DeviceAnswer = {
  device_code: string
  user_code: string
  verification_uri: string
  verification_uri_complete: string
  expires_in: number
  interval: number
}
type Form = Record<string, string>
type Decision = Omit<ConsentDecision, 'csrf' | 'decision'> & { decision?: 'allow' | 'deny' }

/** A television: a public client that registered itself, without a redirect URI. */
export async function registerDevice(t: ComposedOAuth, name = 'Television'): Promise<string> {
  const { status, body } = await t.register({
    client_name: name,
    grant_types: [deviceGrant, 'refresh_token'],
    token_endpoint_auth_method: 'none',
  })
  if (status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`)
  return body.client_id
}

export async function askDevice(t: ComposedOAuth, clientId: string, form: Form = {}): Promise<DeviceAnswer> {
  const response = await t.post('/oauth/device_authorization', { client_id: clientId, ...form })
  if (response.status !== 200) throw new Error(`no device code: ${await response.text()}`)
  return (await response.json()) as DeviceAnswer
}

export function poll(t: ComposedOAuth, clientId: string, code: string, form: Form = {}): Promise<Response> {
  return t.post('/oauth/token', { grant_type: deviceGrant, device_code: code, client_id: clientId, ...form })
}

/** The person types the code: her browser, and the interaction she may decide in it. */
export async function typeCode(t: ComposedOAuth, who: SignedIn, code: string, ip = '192.0.2.80') {
  const browser = t.browser(who)
  const { location, cookie } = await t.oauth.devices.enterCode(browser.pageRequest(), code, { ip })
  const [name = '', value = ''] = cookie.split(';')[0]?.split('=') ?? []
  browser.jar.set(name, value)
  const id = location.replace('/consent/', '')
  if (!isId('itx', id)) throw new Error(`no interaction: ${location}`)
  return { browser, id }
}

/** Types the code, reads the page and answers it; resolves to where the browser goes. */
export async function decideDevice(
  t: ComposedOAuth,
  code: string,
  { who = t.people.grace, ...decision }: Decision & { who?: SignedIn } = {},
): Promise<string> {
  const { browser, id } = await typeCode(t, who, code)
  const { csrf } = await browser.view(id)
  const { location } = await browser.decide(id, { decision: 'allow', ...decision, csrf })
  return location
}
