import type { Clock, Log, RateLimiter, ReplayCache } from '#foundation'
import { paths } from '../discovery/capabilities.ts'
import type { Endpoint } from '../endpoint.ts'
import type { ClientPolicy } from '#contract'
import type { DocumentFetch, StatementIssuer } from '../ports.ts'
import { createAuthenticateClient } from './authenticate.ts'
import type { AuthenticateClient } from './authenticate.ts'
import { createCheckAssertion } from './client-assertion.ts'
import { createClientKeys } from './client-keys.ts'
import type { Client, ClientStore } from './client.ts'
import type { ClientDirectory } from './client-directory.ts'
import { createFindClient } from './find.ts'
import type { FindClient } from './find.ts'
import type { InitialAccessStore } from './initial-access.ts'
import { lookAlikeWarning } from './look-alike.ts'
import { createClientManager } from './manage-clients.ts'
import type { ClientManager } from './manage-clients.ts'
import { createManagement } from './manage-registration.ts'
import { createDocumentClients } from './metadata-document.ts'
import { createPolicyEngine } from './policy/client-policy.ts'
import type { PolicyEngine } from './policy/client-policy.ts'
import type { PolicyStore } from './policy/policy-store.ts'
import { isLoopbackUrl, matchRedirectUri } from './redirect-uri.ts'
import type { RedirectUri } from './redirect-uri.ts'
import { createRegistration } from './registration.ts'
import { createSoftwareStatements } from './software-statement.ts'
import { createUnclaimed, defaultClientLimits } from './unclaimed.ts'
import type { ClientLimits } from './unclaimed.ts'

export type ClientsDependencies = {
  store: ClientStore & ClientDirectory
  initialAccess: InitialAccessStore
  issuer: string
  clock: Clock
  log: Log
  rateLimiter: RateLimiter
  /** Where client assertions are remembered; shared by all replicas. */
  replays: ReplayCache
  /** Client assertions name the issuer alone as their audience (A187); otherwise the token endpoint too. */
  assertionsForIssuerOnly?: boolean
  fetchDocument: DocumentFetch
  policyStore: PolicyStore
  /** What holds until an administrator edits the policy. */
  startingPolicy: ClientPolicy
  appSchemes: readonly string[]
  /** Scopes that something answers to. */
  scopes: () => readonly string[]
  /** Resources that tokens are issued for. */
  resources: () => readonly { id: string }[]
  statementIssuers?: readonly StatementIssuer[]
  limits?: Partial<ClientLimits>
}

/** Everything the protocol does with clients. */
export type Clients = {
  find: FindClient
  authenticate: AuthenticateClient
  /** Dynamic registration. */
  register: Endpoint
  /** A dynamic client's own registration, afterwards (RFC 7592). */
  registered: Endpoint
  /** The redirect URI to answer to, or undefined when the client didn't register it. */
  matchRedirectUri(client: Client, requested: string): RedirectUri | undefined
  /** What the client policy says: {@link PolicyEngine.decide}. Ask it wherever a client asks for anything. */
  decide: PolicyEngine['decide']
  policy: PolicyEngine
  /** A sentence for the consent page when the name resembles a trusted client's. */
  lookAlike(client: Client): Promise<string | null>
  /** For administrators. */
  manager: ClientManager
}

export function createClients(given: ClientsDependencies): Clients {
  const { store, appSchemes } = given
  const limits = { ...defaultClientLimits, ...given.limits }
  // A128: a loopback install may fetch from this computer, and counts it as one person.
  const allowLoopback = isLoopbackUrl(given.issuer)
  const policy = createPolicyEngine({
    ...given,
    store: given.policyStore,
    clients: store,
    starting: {
      ...given.startingPolicy,
      ...(given.limits?.registrationsPerMinute !== undefined && {
        registrationsPerMinute: given.limits.registrationsPerMinute,
      }),
    },
  })
  const deps = { ...given, limits, allowLoopback, policy }
  const unclaimed = createUnclaimed(deps)
  const documents = createDocumentClients({ ...deps, unclaimed })
  const find = createFindClient({ ...deps, documents })
  const keysOf = createClientKeys(deps)
  const statements = createSoftwareStatements({ ...deps, issuers: given.statementIssuers ?? [], keysOf })
  const checkAssertion = createCheckAssertion({
    ...deps,
    audiences: [given.issuer, given.issuer + paths.token],
    issuerOnly: given.assertionsForIssuerOnly ?? false,
    keysOf,
  })
  return {
    find,
    authenticate: createAuthenticateClient({ ...deps, find, checkAssertion }),
    register: createRegistration({ ...deps, unclaimed, statements }),
    registered: createManagement({ ...deps, statements }),
    matchRedirectUri: (client, requested) => matchRedirectUri(client.redirectUris, requested, appSchemes),
    decide: policy.decide,
    policy,
    lookAlike: async (client) => lookAlikeWarning(client, await store.trusted(), appSchemes),
    manager: createClientManager(deps),
  }
}
