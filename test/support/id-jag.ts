import { epochSeconds } from '#foundation'
import type { Clock } from '#foundation'
import type { CreatedClient } from '../../src/oauth/clients/manual-client.ts'
import type { EnterpriseProvider } from '../../src/oauth/ports.ts'
import { assertionKey } from './assertions.ts'
import type { AssertionKey } from './assertions.ts'
import { basic, issuer, resource } from './oauth.ts'
import type { ComposedOAuth } from './oauth.ts'

export const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const idpIssuer = 'https://login.acme.example'

type Json = Record<string, unknown>

/** Acme's identity provider: its settings, and the assertions it makes. */
export type Idp = { provider: EnterpriseProvider; key: AssertionKey }

export async function openIdp(more: Partial<EnterpriseProvider> = {}): Promise<Idp> {
  const key = await assertionKey()
  const provider = {
    issuer: idpIssuer,
    keys: { jwks: { keys: [key.jwk] } },
    emailDomains: ['acme.example'],
    tenant: null,
    ...more,
  }
  return { provider, key }
}

/** Whatever stands in `claims` or `header` replaces what an honest provider would say; undefined leaves it out. */
export function assertionFor(
  { key, provider }: Idp,
  clientId: string,
  clock: Clock,
  claims: Json = {},
  header: Json = {},
): Promise<string> {
  const now = epochSeconds(clock.now())
  const said = {
    iss: provider.issuer,
    sub: 'grace-at-the-idp',
    aud: issuer,
    client_id: clientId,
    resource,
    scope: 'crm:read crm:write',
    email: 'grace@acme.example',
    email_verified: true,
    exp: now + 300,
    ...claims,
  }
  return key.sign(now, said, { typ: 'oauth-id-jag+jwt', ...header })
}

export function present(
  t: ComposedOAuth,
  client: CreatedClient,
  assertion: string,
  form: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return t.post(
    '/oauth/token',
    { grant_type: jwtBearer, assertion, ...form },
    { ...basic(client), ...headers },
  )
}
