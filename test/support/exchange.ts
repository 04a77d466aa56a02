import type { CreatedClient } from '../../src/oauth/clients/manual-client.ts'
import { basic, codeFor, ledgerRedirect } from './oauth.ts'
import type { ComposedOAuth, Tokens } from './oauth.ts'

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

export type Confidential = CreatedClient
type Form = Record<string, string | undefined>

/** A confidential client that may exchange tokens, and be connected by people. */
export function exchanger(
  t: ComposedOAuth,
  name: string,
  scopes: string[] | null = null,
): Promise<Confidential> {
  return t.oauth.clients.create({
    name,
    redirectUris: [ledgerRedirect],
    confidential: true,
    grantTypes: ['authorization_code', 'refresh_token', exchangeGrant],
    scopes,
  })
}

/** Lets a client exchange tokens that other apps were given for these resources. */
export async function allowExchange(
  t: ComposedOAuth,
  client: Confidential,
  ...resources: string[]
): Promise<void> {
  const by = { member: t.people.ada.member, name: 'Ada' }
  if (!(await t.oauth.unattended.setExchangeable(client.clientId, resources, by)))
    throw new Error('not allowed')
}

export function exchange(
  t: ComposedOAuth,
  client: Confidential,
  token: string,
  form: Form = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return t.post(
    '/oauth/token',
    { grant_type: exchangeGrant, subject_token: token, subject_token_type: accessTokenType, ...form },
    { ...basic(client), ...headers },
  )
}

/** Tokens that a person gave this confidential client. */
export async function connected(
  t: ComposedOAuth,
  client: Confidential,
  options: Parameters<typeof codeFor>[1] = {},
): Promise<Tokens> {
  const { code, verifier } = await codeFor(t, {
    ...options,
    clientId: client.clientId,
    redirectUri: ledgerRedirect,
  })
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  return (await (await t.post('/oauth/token', form, basic(client))).json()) as Tokens
}
