import { hashSecret, newSecret } from '#foundation'
import type { Clock } from '#foundation'
import { checkRedirectUri } from '../authorize/check-redirect-uri.ts'
import { checkRequest } from '../authorize/check-request.ts'
import type { RequestDependencies } from '../authorize/check-request.ts'
import { checkState } from '../authorize/check-state.ts'
import type { AuthenticateClient } from '../clients/authenticate.ts'
import { checkBlocked } from '../clients/check-blocked.ts'
import { invalidProof } from '../dpop/read-proofs.ts'
import type { Proofs } from '../dpop/read-proofs.ts'
import type { Endpoint } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { GrantLife } from '../grants/grant-life.ts'
import { formOf, readForm } from '../router/read-params.ts'
import type { Params } from '../router/read-params.ts'
import type { Binding } from '../token/grant-type.ts'
import { pushedLife, requestUriPrefix } from './pushed-request.ts'
import type { PushedRequests } from './pushed-request.ts'

export type ParDependencies = RequestDependencies & {
  /** Its own address, which assertions may name as audience (RFC 9126 §2). */
  endpoint: string
  authenticate: AuthenticateClient
  proofs: Proofs
  life: GrantLife
  pushed: PushedRequests
  clock: Clock
}

/** Of a request that is kept: many times what any client asks for, so that nobody fills the table with little effort. */
const mostBytes = 16 * 1024
/** Parameters that say who pushes, not what is asked for. */
const credentials = new Set(['client_secret', 'client_assertion', 'client_assertion_type'])

/**
 * `POST /oauth/par` (RFC 9126): a client sends its authorization request itself, authenticated, and gets a name for it
 * that the browser carries in its place. Checked as /authorize checks it, which will check it again.
 */
export function createParEndpoint(deps: ParDependencies): Endpoint {
  const { endpoint, authenticate, proofs, life, pushed, clock } = deps
  return async (request, from) => {
    const params = await readForm(request)
    const proof = await proofs.read(request)
    const authorization = request.headers.get('authorization')
    // A metadata document's client may come here first (RFC 9126 §2.1: authenticated as at the token endpoint).
    const client = await authenticate({
      form: formOf(params),
      authorization,
      ip: from.ip,
      at: 'authorize',
      endpoint,
    })
    checkBlocked(client)
    await life.checkClient(client.id)
    // RFC 9126 §2.1.
    if (params.values['request_uri'] !== undefined) {
      throw new OAuthError('invalid_request', 'A pushed request can’t refer to another (request_uri)')
    }
    const asked = requestOf(params, client.id, await proofs.spend(proof))
    checkSize(asked)
    const redirect = checkRedirectUri(deps.clients, client, asked)
    const state = checkState(asked)
    await checkRequest(deps, { client, redirect, state, params: asked, person: null, from })
    const secret = newSecret('par')
    const expiresAt = new Date(clock.now().getTime() + pushedLife * 1000)
    await pushed.add({ hash: hashSecret(secret), clientId: client.id, params: asked, expiresAt })
    return Response.json(
      { request_uri: requestUriPrefix + secret, expires_in: pushedLife },
      { status: 201, headers: { 'Cache-Control': 'no-store', ...proofs.headersFor(proof) } },
    )
  }
}

function checkSize(asked: Params): void {
  if (Buffer.byteLength(JSON.stringify(asked)) <= mostBytes) return
  throw new OAuthError('invalid_request', `A pushed request may have ${mostBytes / 1024} KB`, { status: 413 })
}

/** The authorization request in what was pushed. A proof stands for `dpop_jkt` (RFC 9449 §10.1). */
function requestOf({ values, resource }: Params, clientId: string, binding: Binding | null): Params {
  const named = values['dpop_jkt']
  if (binding && named !== undefined && named !== binding.jkt) {
    throw invalidProof('The proof is by another key than dpop_jkt names')
  }
  const asked = Object.entries(values).filter(([name]) => !credentials.has(name))
  return {
    values: { ...Object.fromEntries(asked), client_id: clientId, ...(binding && { dpop_jkt: binding.jkt }) },
    resource,
  }
}
