import { addressOf } from '../addresses.ts'
import { expectStatus, textOf } from '../visitor.ts'
import type { Visitor } from '../visitor.ts'
import type { Tokens } from './flow.ts'

/** A confidential client with a person's tokens of its own. */
export type Service = { id: string; secret: string; tokens: Tokens }

export function basicOf({ id, secret }: Pick<Service, 'id' | 'secret'>): Record<string, string> {
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Asks as that client; throws unless the answer is 200. */
export async function askAsService(
  visitor: Visitor,
  service: Pick<Service, 'id' | 'secret'>,
  path: string,
  form: Record<string, string>,
): Promise<Record<string, unknown>> {
  return expectStatus(await visitor.askAsClient(path, { form, headers: basicOf(service) }), 200).json()
}

export async function introspect(visitor: Visitor, service: Service, path: string): Promise<void> {
  const { active } = await askAsService(visitor, service, path, { token: service.tokens.access })
  if (active !== true) throw new Error('a good token is not active')
}

export async function clientCredentials(
  visitor: Visitor,
  service: Service,
  path: string,
  more: Record<string, string> = {},
): Promise<void> {
  const form = { grant_type: 'client_credentials', ...more }
  textOf(await askAsService(visitor, service, path, form), 'access_token')
}

export const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'

let devices = 0

/** A device asks for a code and looks once whether somebody has typed it: nobody has. */
export async function askForDevice(
  visitor: Visitor,
  service: Service,
  path: string,
  tokenPath: string,
  scope: string,
): Promise<void> {
  // Devices that wait are counted by address; these come from ever new ones.
  const headers = { ...basicOf(service), 'x-forwarded-for': addressOf(devices++) }
  const asked = expectStatus(await visitor.askAsClient(path, { form: { scope }, headers }), 200).json()
  const form = { grant_type: deviceCode, device_code: textOf(asked, 'device_code') }
  const { error } = expectStatus(await visitor.askAsClient(tokenPath, { form, headers }), 400).json()
  if (error !== 'authorization_pending') throw new Error(`the device was told ${String(error)}`)
}
