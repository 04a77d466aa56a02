import type { Clock, Log, RateLimiter } from '#foundation'
import type { Endpoint } from '../endpoint.ts'
import type { CreatedClient, NewClient } from '../oauth.ts'
import type { ClientPolicyPreset, DocumentFetch } from '../ports.ts'
import { createAuthenticateClient } from './authenticate.ts'
import type { AuthenticateClient } from './authenticate.ts'
import type { Client, ClientStore } from './client.ts'
import { createClient } from './create.ts'
import { createFindClient } from './find.ts'
import type { FindClient } from './find.ts'
import { lookAlikeWarning } from './look-alike.ts'
import { createDocumentClients } from './metadata-document.ts'
import { decide } from './policy.ts'
import type { PolicyDecision } from './policy.ts'
import { isLoopbackUrl, matchRedirectUri } from './redirect-uri.ts'
import type { RedirectUri } from './redirect-uri.ts'
import { createRegistration } from './registration.ts'
import { createUnclaimed, defaultClientLimits } from './unclaimed.ts'
import type { ClientLimits } from './unclaimed.ts'

export type ClientsDependencies = {
  store: ClientStore
  issuer: string
  clock: Clock
  log: Log
  rateLimiter: RateLimiter
  fetchDocument: DocumentFetch
  clientPolicy: ClientPolicyPreset
  appSchemes: readonly string[]
  limits?: Partial<ClientLimits>
}

/** Everything the protocol does with clients. */
export type Clients = {
  find: FindClient
  authenticate: AuthenticateClient
  /** Dynamic registration. */
  register: Endpoint
  /** The redirect URI to answer to, or undefined when the client didn't register it. */
  matchRedirectUri(client: Client, requested: string): RedirectUri | undefined
  /** What the client policy says about this client answering there. Ask it at each authorization request. */
  decide(client: Client, redirect: RedirectUri): PolicyDecision
  /** A sentence for the consent page when the name resembles a trusted client's. */
  lookAlike(client: Client): Promise<string | null>
  create(input: NewClient): Promise<CreatedClient>
}

export function createClients(given: ClientsDependencies): Clients {
  const { store, clientPolicy, appSchemes } = given
  const limits = { ...defaultClientLimits, ...given.limits }
  // A128: a loopback install may fetch from this computer, and counts it as one person.
  const allowLoopback = isLoopbackUrl(given.issuer)
  const deps = { ...given, limits, allowLoopback }
  const unclaimed = createUnclaimed(deps)
  const documents = createDocumentClients({ ...deps, unclaimed })
  const find = createFindClient({ ...deps, documents })
  return {
    find,
    authenticate: createAuthenticateClient({ ...deps, find }),
    register: createRegistration({ ...deps, unclaimed }),
    matchRedirectUri: (client, requested) => matchRedirectUri(client.redirectUris, requested, appSchemes),
    decide: ({ registration, approved }, { uri }) =>
      decide(clientPolicy, { registration, approved, redirectUris: [uri] }),
    lookAlike: async (client) => lookAlikeWarning(client, await store.trusted(), appSchemes),
    create: (input) => createClient(deps, input),
  }
}
