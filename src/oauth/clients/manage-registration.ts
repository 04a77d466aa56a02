import type { AuditEntry } from '#audit'
import { hashSecret, newSecret, sameSecret } from '#foundation'
import type { Clock } from '#foundation'
import { paths } from '../discovery/capabilities.ts'
import type { Endpoint } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import { endedEntry } from '../grants/manage-grants.ts'
import type { ClientDirectory } from './client-directory.ts'
import { clientInformation, managementUri } from './client-information.ts'
import type { Client, ClientStore } from './client.ts'
import { isForgotten } from './client.ts'
import { badToken, presentedToken } from './initial-access.ts'
import { readClientMetadata } from './metadata.ts'
import type { PolicyEngine } from './policy/client-policy.ts'
import { describeClient } from './registered-client.ts'
import { readRegistrationBody } from './registration-body.ts'
import { checkPolicy } from './check-registration.ts'
import type { SoftwareStatements } from './software-statement.ts'

export type ManagementDependencies = {
  store: ClientStore & ClientDirectory
  statements: SoftwareStatements
  clock: Clock
  issuer: string
  policy: Pick<PolicyEngine, 'decide' | 'judgeBy' | 'current'>
  appSchemes: readonly string[]
}

// RFC 7592 §2.2: an update MUST NOT include what only the server says.
const serversOwn = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
]

/** `/oauth/register/:client_id` (RFC 7592 §2): the client's own registration, by the token it was given. */
export function createManagement(deps: ManagementDependencies): Endpoint {
  return async (request, { ip }) => {
    const held = await hold(deps, request)
    switch (request.method) {
      case 'PUT':
        return replace(deps, held, request, ip)
      case 'DELETE':
        return remove(deps, held, ip)
      default:
        return answer(deps, held.client, held.token, null)
    }
  }
}

type Held = { client: Client; token: string; hash: string }

/** The client of the address, when the token is its own. One answer whatever was wrong (RFC 7592 §2: 401). */
async function hold({ store, clock }: ManagementDependencies, request: Request): Promise<Held> {
  const hash = presentedToken(request)
  if (hash === null) throw badToken('Send the registration access token as a bearer token', false)
  const token = request.headers.get('authorization')?.replace(/^bearer +/i, '') ?? ''
  const id = new URL(request.url).pathname.slice(paths.registration.length + 1)
  // From the database itself: a token that was replaced is dead at once, on every replica (attacks D5).
  const client = /^cli_[0-9a-z]{26}$/.test(id) ? await store.find(id, 'anew') : undefined
  const known = client && !isForgotten(client, clock.now()) && client.managementHash
  if (!client || !known || !sameSecret(known, hash)) throw stale()
  return { client, token, hash }
}

async function replace(
  deps: ManagementDependencies,
  { client, hash }: Held,
  request: Request,
  ip: string,
): Promise<Response> {
  refuseBlocked(client)
  const sent = await readRegistrationBody(request)
  checkIdentity(sent, client)
  const { claimed, vouched } = await deps.statements(sent, ip)
  const metadata = readClientMetadata(claimed, deps.appSchemes)
  const how = { ...deps, now: deps.clock.now() }
  const wanted = describeClient(client, metadata, vouched, how)
  // Whoever registered may update: an initial access token was for registering.
  await checkPolicy(deps.policy, wanted.client, { ip, initialAccessToken: true })
  const token = newSecret('rat')
  let secret: string | null = null
  const changed = await deps.store.change(
    client.id,
    (now) => {
      // Of two updates at once the second finds another token (attacks D5).
      if (!now.managementHash || !sameSecret(now.managementHash, hash) || now.blocked) return undefined
      const base = { ...now, managementHash: hashSecret(token) }
      const described = describeClient(base, metadata, vouched, how)
      ;({ secret } = described)
      return described.client
    },
    (to) => entryOf('client.changed', to, ip, { redirectUris: to.redirectUris.join(' ').slice(0, 1000) }),
  )
  if (!changed) throw stale()
  return answer(deps, changed, token, secret)
}

async function remove({ store, clock }: ManagementDependencies, { client, hash }: Held, ip: string) {
  refuseBlocked(client)
  const reason = 'Its app deleted its registration.'
  const actor = { kind: 'client', id: client.id, name: client.name } as const
  const removed = await store.remove(
    { id: client.id, managementHash: hash },
    {
      reason,
      at: clock.now(),
      entryOf: (gone) => entryOf('client.deleted', gone, ip, {}),
      grantEntryOf: endedEntry(actor, reason, ip),
    },
  )
  if (removed.length === 0) throw stale()
  return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' } })
}

/** RFC 7592 §2.2: client_id as in the address; a secret only as it is, since it isn't the client's to choose. */
function checkIdentity(sent: Record<string, unknown>, client: Client): void {
  const own = serversOwn.find((name) => name in sent)
  if (own) throw new OAuthError('invalid_request', `An update does not include ${own}`)
  if (sent['client_id'] !== client.id) {
    throw new OAuthError('invalid_request', 'client_id is not that of the registration')
  }
  const secret = sent['client_secret']
  if (secret === undefined || secret === null) return
  const hash = typeof secret === 'string' ? hashSecret(secret) : ''
  if (client.secrets.some((one) => sameSecret(one.hash, hash))) return
  throw new OAuthError('invalid_request', 'client_secret is not the one that was issued, and can not be set')
}

/** An administrator's block is not the client's to escape, nor to make forgotten. */
function refuseBlocked(client: Client): void {
  if (client.blocked) throw new OAuthError('access_denied', 'An administrator blocked this client')
}

/** RFC 7592 §3. The secret is kept as a hash and can't be said again. */
function answer(
  { issuer }: ManagementDependencies,
  client: Client,
  token: string,
  secret: string | null,
): Response {
  const management = { token, uri: managementUri(issuer, client.id) }
  return Response.json(clientInformation(client, { secret, management }), {
    headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' },
  })
}

function stale(): OAuthError {
  return badToken('The registration access token is not valid for this client, or no longer')
}

function entryOf(
  event: string,
  client: Client,
  ip: string,
  detail: NonNullable<AuditEntry['detail']>,
): AuditEntry {
  return {
    event,
    outcome: 'ok',
    actor: { kind: 'client', id: client.id, name: client.name },
    subject: { kind: 'client', id: client.id, name: client.name },
    ip,
    detail,
  }
}
