import { createAuthorizationEndpoint } from './authorize/authorization-endpoint.ts'
import { createClients } from './clients/clients.ts'
import { createApprovals } from './clients/approvals/manage-approvals.ts'
import { createPolicyManager } from './clients/policy/manage-policy.ts'
import { startingPolicy } from './clients/policy/presets.ts'
import { createDeviceAuthorizationEndpoint } from './device/device-authorization-endpoint.ts'
import { createEnterCode } from './device/enter-code.ts'
import { createLastIssued } from './clients/last-issued.ts'
import { createClientKeys } from './clients/client-keys.ts'
import { capabilitiesOf, paths } from './discovery/capabilities.ts'
import { createDiscoveryEndpoint } from './discovery/discovery-endpoint.ts'
import { createGrantLife } from './grants/grant-life.ts'
import { startIdleEnding } from './grants/idle-ending.ts'
import { createProofs } from './dpop/read-proofs.ts'
import { createLastUsed } from './grants/last-used.ts'
import { createEnsureGrant } from './grants/ensure-grant.ts'
import { createExternalGrants } from './grants/external-grants.ts'
import { createLiveGrants } from './grants/live-grants.ts'
import { createGrantManager } from './grants/manage-grants.ts'
import { createUnattendedManager } from './grants/manage-unattended.ts'
import { createStopManager } from './grants/manage-stops.ts'
import { createStops } from './grants/stops.ts'
import { createVerifier } from './grants/verifier.ts'
import { createGrantWatch } from './grants/watch-grants.ts'
import { createBrowserBinding } from './interaction/browser.ts'
import { decideConsent } from './interaction/decide-consent.ts'
import { createAllowAgain } from './interaction/allow-again.ts'
import { openInteraction } from './interaction/open-interaction.ts'
import { viewConsent } from './interaction/view-consent.ts'
import { createIntrospectionEndpoint } from './introspect/introspection-endpoint.ts'
import { createJwksEndpoint } from './keys/jwks-endpoint.ts'
import { startRotating } from './keys/rotating.ts'
import { createKeyRotation } from './keys/rotation.ts'
import { createSigningKeys } from './keys/signing-keys.ts'
import { leasingLimiter } from '#foundation'
import type { OAuth } from './oauth.ts'
import { identityScopes } from './openid/identity-scopes.ts'
import { createLogoutEndpoint } from './openid/logout-endpoint.ts'
import { createUserinfoEndpoint } from './openid/userinfo-endpoint.ts'
import { createParEndpoint } from './par/par-endpoint.ts'
import type { OAuthDependencies } from './ports.ts'
import { createRevocationEndpoint } from './revoke/revocation-endpoint.ts'
import { createRateLimits, rateFigures } from './router/rate-limits.ts'
import { createRouter } from './router/router.ts'
import type { Route } from './router/router.ts'
import type { OAuthStore } from './store/open-store.ts'
import { startDaily } from './schedule/daily.ts'
import { startSweeping } from './store/sweeper.ts'
import { createIssuer } from './token/issue.ts'
import { createRefreshTokens } from './token/refresh-token.ts'
import { createTokenPolicy } from './token/token-policy.ts'
import { createReadIdJag } from './token/read-id-jag.ts'
import { createTokenEndpoint, namesOf, servedGrantTypes } from './token/token-endpoint.ts'

/** The authorization server. Starts timers that {@link OAuth.close} ends; the store stays the caller's to close. */
export function createOAuth(deps: OAuthDependencies & { store: OAuthStore }): OAuth {
  const { detailsTypes = [] } = deps
  const { store, issuer, resources, signIn, people, details, clock, log, audit, secret } = deps
  const { grants, devices, interactions, events } = store
  const clients = createClients({
    ...deps,
    store: store.clients,
    initialAccess: store.initialAccess,
    scopes: () => [
      ...resources().flatMap((resource) => Object.keys(resource.scopes)),
      ...Object.keys(identityScopes),
    ],
    replays: store.replays,
    policyStore: store.policy,
    startingPolicy: startingPolicy(deps.clientPolicy, deps.policySwitches),
  })
  const policy = createTokenPolicy({ ...deps, clients: store.clients, policy: clients.policy })
  const keys = createSigningKeys({ store: store.keys, events, clock, secret })
  const live = createLiveGrants(grants, events)
  const grantWatch = createGrantWatch(events, live)
  const stops = createStops(store.stops, events)
  const life = createGrantLife({ live, stops, clock, idleMs: deps.grantIdleMs ?? null })
  const lastUsed = createLastUsed(grants, clock, log)
  const browsers = createBrowserBinding(issuer)
  const refreshTokens = createRefreshTokens(secret)
  const { authenticate } = clients
  const lastIssued = createLastIssued(store.clients, clock, log)
  const signed = createIssuer({ issuer, keys, clock, policy, resources })
  const issue: typeof signed = (issued) => {
    lastIssued.mark(issued.terms.clientId)
    return signed(issued)
  }
  const limits = createRateLimits({ issuer, limiter: leasingLimiter(deps.rateLimiter, clock), audit })
  const providers = deps.enterpriseProviders ?? []
  const readIdJag =
    providers.length > 0
      ? createReadIdJag({ issuer, providers, keysOf: createClientKeys(deps), replays: store.replays, clock })
      : null
  const served = servedGrantTypes(readIdJag)
  const ensure = createEnsureGrant({ slots: store.slots, life, clock })
  const verify = createVerifier({ issuer, keys, life, clock, used: lastUsed.mark })
  const exchange = {
    grants,
    devices,
    ensure,
    slots: store.slots,
    verify,
    people,
    details,
    detailsTypes,
    clients,
    live,
    life,
    limits,
    refreshTokens,
    issue,
    policy,
    resources,
    clock,
    audit,
  }
  const interaction = { issuer, clients, interactions, browsers, resources, detailsTypes, signIn, clock }
  const decision = { issuer, grants, interactions, details, detailsTypes, life, clock, audit }

  const proofs = createProofs({ ...deps, demandNonces: deps.dpopNonces ?? false, replays: store.replays })
  const routes: Route[] = [
    // The root paths are where 2025-03-26 clients look (A28).
    {
      paths: [paths.authorization, '/authorize'],
      methods: ['GET', 'POST'],
      endpoint: createAuthorizationEndpoint({
        ...interaction,
        pushed: store.pushed,
        requirePar: deps.requirePar ?? false,
        keys,
        allowAgain: createAllowAgain(decision),
        audit,
      }),
      limit: 'authorize',
      cors: 'none',
    },
    {
      paths: [paths.token, '/token'],
      methods: ['POST'],
      endpoint: createTokenEndpoint(served, exchange, authenticate, limits, proofs, deps.issued),
      limit: 'token',
      cors: 'public',
    },
    {
      paths: [paths.par],
      methods: ['POST'],
      endpoint: createParEndpoint({
        ...interaction,
        keys,
        endpoint: issuer + paths.par,
        authenticate,
        proofs,
        life,
        pushed: store.pushed,
      }),
      limit: 'par',
      cors: 'public',
      refusal: 'pushed_request.refused',
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
      paths: [paths.introspection],
      methods: ['POST'],
      endpoint: createIntrospectionEndpoint({
        issuer,
        authenticate,
        verify,
        life,
        grants,
        refreshTokens,
        clock,
      }),
      limit: 'introspect',
      cors: 'public',
      refusal: 'introspection.refused',
    },
    {
      paths: [paths.deviceAuthorization],
      methods: ['POST'],
      endpoint: createDeviceAuthorizationEndpoint({ ...deps, clients, authenticate, devices }),
      limit: 'device',
      cors: 'public',
      refusal: 'device.refused',
    },
    {
      paths: [paths.registration, '/register'],
      methods: ['POST'],
      endpoint: clients.register,
      cors: 'public',
      refusal: 'registration.refused',
    },
    {
      paths: [`${paths.registration}/*`],
      methods: ['GET', 'PUT', 'DELETE'],
      endpoint: clients.registered,
      limit: 'registered',
      cors: 'public',
      refusal: 'registration.refused',
    },
    {
      paths: [paths.userinfo],
      methods: ['GET', 'POST'],
      endpoint: createUserinfoEndpoint({ verify, people, proofs }),
      limit: 'userinfo',
      cors: 'public',
    },
    {
      paths: [paths.endSession],
      methods: ['GET', 'POST'],
      endpoint: createLogoutEndpoint({ issuer, secret, find: clients.find, keys, signIn, audit }),
      limit: 'authorize',
      cors: 'none',
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
      endpoint: createDiscoveryEndpoint(
        (now) => capabilitiesOf({ ...deps, resources: now, grantTypes: namesOf(served) }),
        resources,
        clients.policy.takesRegistrations,
      ),
      limit: 'metadata',
      cors: 'public',
    },
  ]

  const sweeping = startSweeping(store, clock, log)
  const interval = deps.keyRotationMs ?? 90 * 86_400_000
  const rotation = createKeyRotation({ store: store.keys, clock, secret, interval })
  const rotating = startRotating(rotation, log)
  const daily = startDaily({
    store: store.daily,
    // 02:30 UTC (issue 3).
    jobs: [{ name: 'clients.cleanup', at: 150, run: clients.manager.clean }],
    clock,
    log,
  })
  const manager = createGrantManager({ store: grants, stops, details, clock, resources, used: lastUsed })
  const idleEnding = startIdleEnding({ store: grants, idleMs: deps.grantIdleMs ?? null, clock, log })

  return {
    handle: createRouter({ routes, count: limits.count, audit, log }),
    verify,
    consent: {
      async view(request, id) {
        const open = await openInteraction(interaction, request, id)
        return viewConsent({ ...decision, clients, now: clock.now() }, open)
      },
      async decide(request, id, answer, from) {
        const open = await openInteraction(interaction, request, id)
        return decideConsent(decision, open, answer, from)
      },
    },
    devices: { enterCode: createEnterCode({ ...deps, devices, interactions, browsers }) },
    grants: { ...manager, watch: grantWatch.watch },
    keys: rotation,
    limits: () => rateFigures,
    external: createExternalGrants({ slots: store.slots, life, details, clock, used: lastUsed.mark }),
    unattended: createUnattendedManager({ slots: store.slots, clients: store.clients, resources, clock }),
    stops: createStopManager({
      store: store.stops,
      stops,
      clients: store.clients,
      clock,
      endMany: manager.endMany,
    }),
    clients: clients.manager,
    policy: createPolicyManager({
      ...deps,
      engine: clients.policy,
      policyStore: store.policy,
      starting: startingPolicy(deps.clientPolicy, deps.policySwitches),
      directory: store.clients,
      policy: clients.policy,
    }),
    approvals: createApprovals({ ...deps, approvals: store.approvals, clients: store.clients }),
    async close() {
      sweeping.stop()
      rotating.stop()
      idleEnding.stop()
      await daily.stop()
      await lastIssued.close()
      await lastUsed.close()
      await clients.policy.close()
      grantWatch.close()
      live.close()
      stops.close()
      keys.close()
    },
  }
}
