import { createHash, randomBytes } from 'node:crypto'
import { callback } from './peers.ts'
import type { Credentials, Peer } from './peers.ts'

type Form = Record<string, string | undefined>
type Init = { form?: Form | [string, string][]; json?: unknown; basic?: Credentials; method?: string }

/** One scripted client. What an answer means is said in a few words that are the same for every server. */
export function createClient(peer: Peer) {
  const endpoint = (name: string) => String(peer.metadata[`${name}_endpoint`])

  async function ask(url: string, { form, json, basic, method }: Init = {}): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json' }
    const body =
      form &&
      new URLSearchParams(
        Array.isArray(form)
          ? form
          : Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined),
      )
    if (json !== undefined) headers['Content-Type'] = 'application/json'
    if (basic) {
      const pair = `${encodeURIComponent(basic.id)}:${encodeURIComponent(basic.secret)}`
      headers['Authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
    }
    const sent = body ?? (json === undefined ? undefined : JSON.stringify(json))
    return fetch(url, {
      method: method ?? (sent === undefined ? 'GET' : 'POST'),
      headers,
      redirect: 'manual',
      ...(sent === undefined ? {} : { body: sent }),
    })
  }

  const verifier = randomBytes(32).toString('base64url')
  const request = (more: Form = {}): string => {
    const sent: Form = {
      response_type: 'code',
      client_id: peer.service.id,
      redirect_uri: callback,
      scope: 'crm:read',
      state: 'the client’s own',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...more,
    }
    const pairs = Object.entries(sent).filter((pair): pair is [string, string] => pair[1] !== undefined)
    return `${endpoint('authorization')}?${new URLSearchParams(pairs)}`
  }
  const authorize = (more: Form = {}, suffix = '') => ask(request(more) + suffix).then(said)
  const token = (form: Form, basic: Credentials | undefined = peer.service) =>
    ask(endpoint('token'), { form, ...(basic ? { basic } : {}) })
  const code = async (more: Form = {}) => (await peer.allow(request(more))).searchParams.get('code') ?? ''
  const exchange = async (form: Form = {}, basic: Credentials = peer.service) =>
    token(
      {
        grant_type: 'authorization_code',
        code: await code(),
        code_verifier: verifier,
        redirect_uri: callback,
        ...form,
      },
      basic,
    )
  const tokens = async () => (await (await exchange()).json()) as Record<string, string>
  const refresh = (refresh_token: string | undefined, form: Form = {}, basic: Credentials = peer.service) =>
    token({ grant_type: 'refresh_token', refresh_token, ...form }, basic)
  const active = async (held: string | undefined, basic: Credentials = peer.service) => {
    const answer = await ask(endpoint('introspection'), { form: { token: held }, basic })
    const body = (await answer.json()) as { active?: boolean; error?: string }
    return answer.ok ? `active: ${body.active}` : `${answer.status} ${body.error}`
  }
  return { peer, endpoint, ask, request, authorize, token, code, exchange, tokens, refresh, active, verifier }
}
export type ScriptedClient = ReturnType<typeof createClient>

/** What an answer says: a page, a way back to the app, or the protocol's own words. */
export async function said(response: Response): Promise<string> {
  const location = response.headers.get('location')
  if (location) {
    const target = new URL(location, response.url)
    if (target.origin === new URL(response.url).origin) return 'asks the person'
    const answer = target.hash ? new URLSearchParams(target.hash.slice(1)) : target.searchParams
    return `to the app: ${answer.get('error') ?? 'code'}${target.hash ? ', in the fragment' : ''}`
  }
  const challenge = response.headers.get('www-authenticate')?.split(' ')[0]
  const type = response.headers.get('content-type') ?? ''
  const text = await response.text()
  if (type.includes('html')) return `${response.status} page`
  if (text === '') return String(response.status)
  if (!type.includes('json')) return `${response.status} text`
  const { error } = JSON.parse(text) as { error?: string }
  return [response.status, error, challenge && `(${challenge})`].filter(Boolean).join(' ')
}
