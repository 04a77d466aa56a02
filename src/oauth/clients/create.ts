import { hashSecret, newId, newSecret } from '#foundation'
import type { Clock } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { CreatedClient, NewClient } from '../oauth.ts'
import type { Client, ClientAuthMethod, ClientStore } from './client.ts'
import { fingerprintOf, newcomer, secretOf } from './client.ts'
import { readClientMetadata } from './metadata.ts'
import { readRedirectUri } from './redirect-uri.ts'

/**
 * Sets up a client by hand. The secret is shown this once. Throws OAuthError with what to change; unlike a
 * registration it refuses a redirect URI it can't accept instead of leaving it out.
 */
export async function createClient(
  deps: { store: ClientStore; clock: Clock; appSchemes: readonly string[] },
  input: NewClient,
): Promise<CreatedClient> {
  for (const uri of input.redirectUris) {
    const read = readRedirectUri(uri, deps.appSchemes)
    if (typeof read === 'string') throw new OAuthError('invalid_redirect_uri', `${uri}: ${read}`)
  }
  const asked = { client_name: input.name, redirect_uris: input.redirectUris }
  const { name, redirectUris, grantTypes } = readClientMetadata(asked, deps.appSchemes)
  if (name === '') throw new OAuthError('invalid_client_metadata', 'The client needs a name')
  const secret = input.confidential ? newSecret('cs') : null
  const authMethods: ClientAuthMethod[] = secret ? ['client_secret_basic', 'client_secret_post'] : ['none']
  const now = deps.clock.now()
  const client: Client = {
    ...newcomer,
    id: newId('cli'),
    registration: 'manual',
    name,
    redirectUris,
    grantTypes,
    authMethods,
    scopes: input.scopes ?? null,
    links: {},
    secrets: secret === null ? [] : [secretOf(hashSecret(secret), now)],
    fingerprint: fingerprintOf({ name, redirectUris, authMethods }),
    firstSeenAt: now,
    approved: true,
  }
  await deps.store.add(client, {
    event: 'client.created',
    outcome: 'ok',
    actor: { kind: 'system', name: 'tandem clients create' },
    subject: { kind: 'client', id: client.id, name },
    detail: { confidential: input.confidential, redirectUris: redirectUris.join(' ').slice(0, 1000) },
  })
  return { clientId: client.id, clientSecret: secret, name, redirectUris }
}
