import { auditMigrations, createAudit } from '#audit'
import type { Audit } from '#audit'
import { createApi } from '#api'
import type { Api } from '#api'
import { coversScope, defaultScopes, offeredScopes } from '#contract'
import { createCrm, crmMigrations, parseLimits } from '#crm'
import type { Crm } from '#crm'
import {
  createOutwardClient,
  createOutwardFetch,
  createProofNonces,
  deriveKey,
  leasingLimiter,
  reportUnexpected,
  upstreamRule,
} from '#foundation'
import type { Clock, Config, Log, MemberId } from '#foundation'
import { connectMigrations, createGateway, gatewayMigrations } from '#gateway'
import type { Gateway } from '#gateway'
import { createGuard } from '#guard'
import type { ProofOptions, TokenVerifier } from '#guard'
import { createIdentity, identityMigrations } from '#identity'
import type { Identity } from '#identity'
import { createAgentDoor, createMcp, toolsByName } from '#mcp'
import type { AgentDoorDependencies, Mcp } from '#mcp'
import { createOAuth, oauthMigrations, openOAuthStore } from '#oauth'
import type { OAuth, Resource } from '#oauth'
import { openStorage } from '#storage'
import type { Migration, Storage } from '#storage'
import { createVault, vaultMigrations } from '#vault'
import type { Vault } from '#vault'
import { listOf } from './address-lists.ts'
import { createForeignIssuer } from './foreign-issuer/create-foreign-issuer.ts'
import { createCallLimits } from './call-limits.ts'
import { crmDetails } from './crm-details.ts'
import { createImportJob } from './import-twenty/import-job.ts'
import type { ImportJob } from './import-twenty/import-job.ts'
import { recordCredentials } from './record-credentials.ts'
import { countingAudit } from './metrics/counting-audit.ts'
import { createMeters } from './metrics/meters.ts'
import type { Meters } from './metrics/meters.ts'
import type { Tracing } from './tracing/tracing.ts'
import { createUpstreamWatch } from './upstream-watch.ts'
import type { UpstreamHealth } from './upstream-watch.ts'
import { startApprovalMail } from './mail/approval-mail.ts'
import { createMail } from './mail/mail.ts'
import { startToolMail } from './mail/tool-mail.ts'
import { readPinnedDocuments, withPinnedDocuments } from './pinned-documents.ts'
import { loadSecret } from './secret.ts'
import { loadVaultKeys } from './vault-keys.ts'

/** Everything that runs, put together. {@link close} ends it in the order in which it leans on each other. */
export type Parts = {
  issuer: string
  storage: Storage
  audit: Audit
  identity: Identity
  crm: Crm
  oauth: OAuth
  mcp: Mcp
  api: Api
  vault: Vault
  gateway: Gateway
  /** Moving in from elsewhere. */
  imports: ImportJob
  dataDir: string
  meters: Meters
  /** How the upstreams are. */
  upstreams(): UpstreamHealth[]
  close(): Promise<void>
}
export type Surroundings = {
  clock: Clock
  log: Log
  /** An open database with {@link tandemMigrations} in place of the one that the settings name. */
  storage?: Storage
  /** Where traces go; absent: nowhere. */
  tracing?: Tracing | undefined
}

/** The whole schema, in order. */
export const tandemMigrations: Migration[] = [
  ...auditMigrations,
  ...identityMigrations,
  ...oauthMigrations,
  ...crmMigrations,
  ...gatewayMigrations,
  ...connectMigrations,
  ...vaultMigrations,
]

/** Builds the parts on an open database. @throws SetupError */
export async function compose(
  config: Config,
  { clock, log, storage: given, tracing }: Surroundings,
): Promise<Parts> {
  const { issuer } = config
  const secret = loadSecret(config, log)
  const keys = await loadVaultKeys(config, secret)
  const pinned = config.TANDEM_CLIENT_DOCUMENTS
    ? readPinnedDocuments(config.TANDEM_CLIENT_DOCUMENTS)
    : new Map()
  const mail = createMail(config)
  const storage = given ?? (await open(config, clock, log))
  const { events, rateLimiter } = storage
  const meters = createMeters()
  const audit = countingAudit(createAudit({ storage, clock, log, secret }), meters)
  const upstreams = createUpstreamWatch(meters, () => tracing)
  const identity = createIdentity({
    storage,
    audit,
    clock,
    log,
    issuer,
    secret,
    providers: config.TANDEM_SIGN_IN_WITH,
    parseLimits,
  })
  const crm = createCrm({ storage, audit, clock, log })
  const resource = (path: string, name: string): Resource => ({
    id: `${issuer}${path}`,
    name,
    scopes: offeredScopes,
    defaultScopes,
  })
  const fixed: readonly [Resource, ...Resource[]] = [
    resource('/mcp', 'Tandem'),
    resource('/api', 'Tandem REST API'),
    ...config.TANDEM_RESOURCES.map(({ resource: id, name, scopes, default_scopes }) => ({
      id,
      name,
      scopes,
      defaultScopes: default_scopes ?? Object.keys(scopes),
      elsewhere: true,
      foreign: true,
    })),
  ]
  const outward = createOutwardClient({ rule: upstreamRule(config.TANDEM_UPSTREAM_HOSTS, isLocal(issuer)) })
  const vault = createVault({
    storage,
    keys,
    record: recordCredentials(
      audit,
      (upstream) => opened?.upstreams.all().find(({ id }) => id === upstream)?.title,
    ),
    clock,
    log,
  })
  // Tokens for upstreams come from the authorization server, whose guard the gateway needs: it comes after.
  let opened: Gateway | undefined
  const resources = liveResources(fixed, () => opened?.resources() ?? none)
  const store = openOAuthStore(storage, audit)
  const oauth = createOAuth({
    issuer,
    resources: () => resources.now(),
    details: crmDetails(crm),
    store,
    audit,
    clock,
    log,
    secret,
    rateLimiter,
    signIn: {
      ...identity.signIn,
      end: (request, { ip }) =>
        identity.sessions.endCurrent(request, {
          ip,
          userAgent: request.headers.get('user-agent'),
          cookies: request.headers.get('cookie'),
        }),
    },
    people: identity.people,
    // CIMD §8.6: only an install that is itself on this computer may fetch from this computer.
    fetchDocument: withPinnedDocuments(
      pinned,
      createOutwardFetch({
        clock,
        log,
        rateLimiter,
        ...(isLocal(issuer) ? { allow: 'loopback' } : {}),
      }),
    ),
    clientPolicy: config.TANDEM_CLIENT_POLICY,
    policySwitches: {
      registration: config.TANDEM_REGISTRATION !== 'off',
      initialAccessToken: config.TANDEM_REGISTRATION === 'token',
      registrationsPerMinute: config.TANDEM_REGISTRATIONS_PER_MINUTE,
    },
    statementIssuers: config.TANDEM_STATEMENT_ISSUERS.map(({ issuer: by, jwks, jwks_uri: uri }) => ({
      issuer: by,
      keys: uri === undefined ? { jwks: jwks ?? { keys: [] } } : { uri },
    })),
    enterpriseProviders: config.TANDEM_ENTERPRISE_IDPS.map(
      ({ issuer: by, jwks, jwks_uri: uri, ...more }) => ({
        issuer: by,
        keys: uri === undefined ? { jwks: jwks ?? { keys: [] } } : { uri },
        emailDomains: more.email_domains,
        tenant: more.tenant ?? null,
      }),
    ),
    ...(config.TANDEM_GRANT_IDLE_DAYS > 0 && { grantIdleMs: config.TANDEM_GRANT_IDLE_DAYS * 86_400_000 }),
    keyRotationMs: config.TANDEM_KEY_ROTATION_DAYS * 86_400_000,
    assertionsForIssuerOnly: config.TANDEM_ASSERTIONS_FOR_ISSUER_ONLY,
    dpopNonces: config.TANDEM_DPOP_NONCES,
    requirePar: config.TANDEM_REQUIRE_PAR,
    issued: meters.issued,
    appSchemes: config.TANDEM_CURSOR_SCHEME ? ['cursor', 'vscode', 'vscode-insiders'] : [],
  })
  const leases = leasingLimiter(rateLimiter, clock)
  const limits = createCallLimits({
    limiter: leases,
    local: isLocal(issuer),
    callsPerMinute: config.TANDEM_CALLS_PER_MINUTE,
  })
  // One memory for both doors and all replicas; nonces of the resources are not the authorization server's.
  const dpop: ProofOptions = {
    replays: store.replays,
    clock,
    ...(config.TANDEM_DPOP_NONCES
      ? { nonces: createProofNonces(deriveKey(secret, 'resource dpop nonces'), clock) }
      : {}),
  }
  // Whose tokens count: ours, or somebody else's authorization server's in place of them.
  const of = config.TANDEM_AUTHORIZATION_SERVER
  const foreign =
    of &&
    createForeignIssuer({
      of,
      outward,
      people: identity.people,
      external: oauth.external,
      resources: () => resources.now(),
      clock,
    })
  const verifier: TokenVerifier = foreign?.verifier ?? oauth
  const scopeNames = foreign?.named ?? ((scopes: readonly string[]) => scopes)
  const doorTo = (resource: string, names: readonly string[], more: Partial<AgentDoorDependencies> = {}) =>
    createAgentDoor({
      limits,
      guard: createGuard({
        resource,
        verifier,
        defaultScopes: names,
        scopeCovers: coversScope,
        scopeNames,
        dpop,
      }),
      actorFor: identity.actorForToken,
      audit,
      clock,
      log,
      ...more,
    })
  const gateway = (opened = await createGateway({
    issuer,
    secret,
    storage,
    audit,
    vault,
    door: (of, { defaultScopes: names, methods, callers, callsPerMinute }) => {
      // An upstream's own limit holds for this computer too: it is somebody else's server.
      const own = callsPerMinute && createCallLimits({ limiter: leases, local: false, callsPerMinute })
      const { stranger } = limits
      return doorTo(of, names, {
        methods,
        callers: () => callers,
        ...(own && { limits: { ...own, stranger } }),
      })
    },
    signedIn: identity.actorForSession,
    used: oauth.grants.used,
    ended: oauth.grants.watch,
    outward,
    stdioServers: config.TANDEM_STDIO_SERVERS,
    watch: upstreams.watch,
    grantsFor: {
      count: async (of) => (await oauth.grants.search({ resource: of, state: 'live', limit: 1 })).total,
      end: oauth.grants.endAllFor,
    },
    taken: {
      prefixes: fixed.flatMap(({ scopes }) =>
        Object.keys(scopes).map((scope) => scope.split(':')[0] ?? scope),
      ),
      resources: fixed.map(({ id }) => id),
      tools: [...toolsByName.keys()],
    },
    clock,
    log,
  }))
  const mcpCallers = listOf(config.TANDEM_MCP_IP_ALLOWLIST)
  const mcp = createMcp({
    door: doorTo(`${issuer}/mcp`, defaultScopes, { callers: () => mcpCallers }),
    used: oauth.grants.used,
    crm,
    audit,
    log,
  })
  const api = createApi({
    limits,
    issuer,
    resource: `${issuer}/api`,
    identity,
    oauth,
    gateway,
    crm,
    audit,
    verifier,
    scopeNames,
    dpop,
    callers: listOf(config.TANDEM_API_IP_ALLOWLIST),
    events,
    clock,
    log,
  })
  await endGrantsOfDisabled({ storage, identity, oauth, log })
  const telling = { administrators: identity.members.administrators, events, issuer, clock, log }
  const mails = mail
    ? [
        startApprovalMail({ mail, approvals: oauth.approvals, ...telling }),
        startToolMail({ mail, upstreams: gateway.admin, ...telling }),
      ]
    : []
  const imports = createImportJob({ storage, crm, members: identity.members, outward, clock, log })
  return {
    storage,
    audit,
    identity,
    crm,
    oauth: foreign ? { ...oauth, handle: foreign.handle } : oauth,
    mcp,
    api,
    vault,
    gateway,
    imports,
    issuer,
    dataDir: config.TANDEM_DATA_DIR,
    meters,
    upstreams: () => upstreams.healthOf(gateway),
    async close() {
      api.close()
      await imports.stop()
      await mcp.close()
      await gateway.close()
      await vault.close()
      await outward.close()
      await Promise.all(mails.map((one) => one.close()))
      mail?.close()
      await oauth.close()
      store.close()
      await audit.close()
      await storage.close()
    },
  }
}

function open({ DATABASE_URL, TANDEM_DATA_DIR }: Config, clock: Clock, log: Log): Promise<Storage> {
  const config = DATABASE_URL ? { databaseUrl: DATABASE_URL } : { dataDir: TANDEM_DATA_DIR }
  return openStorage({ config, migrations: tandemMigrations, clock, log })
}

/** A disabled member's agents stop with her: at the event, and at the start for an event that a crash swallowed. */
async function endGrantsOfDisabled({
  storage,
  identity,
  oauth,
  log,
}: Pick<Parts, 'storage' | 'identity' | 'oauth'> & { log: Log }) {
  const end = (member: MemberId) => oauth.grants.endAllOf(member, 'its person was disabled')
  storage.events.subscribe('member.changed', ({ member, active }) => {
    if (active === 'false')
      end(member as MemberId).catch((error: unknown) => reportUnexpected(log, error, 'ending grants'))
  })
  for (const member of await identity.members.disabled()) await end(member)
}

function isLocal(issuer: string): boolean {
  return issuer.startsWith('http:')
}

const none: readonly Resource[] = []

/** What tokens are issued for: our own, and the upstreams of the moment. The same array as long as those are the same. */
function liveResources(
  fixed: readonly [Resource, ...Resource[]],
  upstreams: () => readonly Resource[],
): { now(): readonly [Resource, ...Resource[]] } {
  let known: readonly Resource[] | undefined
  let all = fixed
  return {
    now() {
      const current = upstreams()
      if (current !== known) {
        known = current
        all = [...fixed, ...current]
      }
      return all
    },
  }
}
