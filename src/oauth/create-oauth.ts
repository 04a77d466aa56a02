import { createAuthorizationEndpoint } from './authorize/authorization-endpoint.ts'
import { createClients } from './clients/clients.ts'
import { capabilitiesOf, paths } from './discovery/capabilities.ts'
import { createDiscoveryEndpoint } from './discovery/discovery-endpoint.ts'
import { createLastUsed } from './grants/last-used.ts'
import { createLiveGrants } from './grants/live-grants.ts'
import { createGrantManager } from './grants/manage-grants.ts'
import { createVerifier } from './grants/verifier.ts'
import { createBrowserBinding } from './interaction/browser.ts'
import { decideConsent } from './interaction/decide-consent.ts'
import { openInteraction } from './interaction/open-interaction.ts'
import { viewConsent } from './interaction/view-consent.ts'
import { createJwksEndpoint } from './keys/jwks-endpoint.ts'
import { createSigningKeys } from './keys/signing-keys.ts'
import type { OAuth } from './oauth.ts'
import type { OAuthDependencies } from './ports.ts'
import { createRevocationEndpoint } from './revoke/revocation-endpoint.ts'
import { createRateLimits } from './router/rate-limits.ts'
import { createRouter } from './router/router.ts'
import type { Route } from './router/router.ts'
import type { OAuthStore } from './store/open-store.ts'
import { startSweeping } from './store/sweeper.ts'
import { createIssuer } from './token/issue.ts'
import { createRefreshTokens } from './token/refresh-token.ts'
import { createTokenEndpoint } from './token/token-endpoint.ts'

/** The authorization server. Starts timers that {@link OAuth.close} ends; the store stays the caller's to close. */
export function createOAuth(deps: OAuthDependencies & { store: OAuthStore }): OAuth {
  const { store, issuer, resources, signIn, details, clock, log, audit, secret } = deps
  const { grants, interactions, events } = store
  const clients = createClients({ ...deps, store: store.clients })
  const keys = createSigningKeys({ store: store.keys, events, clock, secret })
  const live = createLiveGrants(grants, events)
  const lastUsed = createLastUsed(grants, clock, log)
  const browsers = createBrowserBinding(issuer)
  const refreshTokens = createRefreshTokens(secret)
  const { authenticate } = clients
  const issue = createIssuer({ issuer, keys, clock })
  const exchange = { grants, live, refreshTokens, issue, resources, clock, audit }
  const interaction = { clients, interactions, browsers, resources, signIn, clock }

  const routes: Route[] = [
    // The root paths are where 2025-03-26 clients look (A28).
    {
      paths: [paths.authorization, '/authorize'],
      methods: ['GET', 'POST'],
      endpoint: createAuthorizationEndpoint({ ...interaction, issuer, audit }),
      limit: 'authorize',
      cors: 'none',
    },
    {
      paths: [paths.token, '/token'],
      methods: ['POST'],
      endpoint: createTokenEndpoint(exchange, authenticate),
      limit: 'token',
      cors: 'public',
    },
    {
      paths: [paths.revocation],
      methods: ['POST'],
      endpoint: createRevocationEndpoint({ authenticate, grants, live, keys, refreshTokens, clock }),
      limit: 'revoke',
      cors: 'public',
      refusal: 'revocation.refused',
    },
    {
      paths: [paths.registration, '/register'],
      methods: ['POST'],
      endpoint: clients.register,
      cors: 'public',
      refusal: 'registration.refused',
    },
    {
      paths: [paths.jwks, '/.well-known/jwks.json'],
      methods: ['GET'],
      endpoint: createJwksEndpoint(keys),
      limit: 'metadata',
      cors: 'public',
    },
    {
      paths: ['/.well-known/*'],
      methods: ['GET'],
      endpoint: createDiscoveryEndpoint(capabilitiesOf(deps)),
      limit: 'metadata',
      cors: 'public',
    },
  ]

  const sweeping = startSweeping(store, clock, log)

  return {
    handle: createRouter({ routes, count: createRateLimits(issuer, deps.rateLimiter), audit, log }),
    verify: createVerifier({ issuer, keys, grants: live, clock, used: lastUsed.mark }),
    consent: {
      async view(request, id) {
        const open = await openInteraction(interaction, request, id)
        return viewConsent({ clients, details, now: clock.now() }, open)
      },
      async decide(request, id, decision, from) {
        const open = await openInteraction(interaction, request, id)
        return decideConsent({ issuer, grants, interactions, details, clock, audit }, open, decision, from)
      },
    },
    grants: createGrantManager({ store: grants, clock, resources }),
    clients: { create: clients.create },
    async close() {
      sweeping.stop()
      await lastUsed.close()
      live.close()
      keys.close()
    },
  }
}
