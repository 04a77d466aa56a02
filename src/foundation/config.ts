import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { addressList } from './address-list.ts'
import { enterpriseProviders } from './enterprise-providers.ts'
import { SetupError } from './errors.ts'
import { authorizationServer } from './foreign-issuer.ts'
import { signInProviders } from './sign-in-providers.ts'
import { protectedResources } from './protected-resources.ts'
import { statementIssuers } from './statement-issuers.ts'
import { twentyMcpSettings } from './twenty-mcp-settings.ts'
import { stdioServers } from './stdio-servers.ts'

const flag = z.union([
  z.boolean(),
  z.enum(['0', '1', 'true', 'false', '']).transform((v) => v === '1' || v === 'true'),
])
const list = z.union([
  z.array(z.string()),
  z.string().transform((v) =>
    v
      .split(',')
      .map((s) => s.trim())
      .filter(Boolean),
  ),
])
/** Addresses and CIDRs, each checked. */
const addresses = list.superRefine((entries, context) => {
  try {
    addressList(entries)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is no list' })
  }
})
const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

/** Every setting, its default and its meaning. `tandem.config.json` uses the same names; the environment wins. */
export const settings = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('Port to listen on'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  TANDEM_URL: z.string().optional().describe('Issuer and public origin; default http://localhost:PORT'),
  TANDEM_DATA_DIR: z
    .string()
    .min(1)
    .default('./data')
    .describe('Where the embedded database and secret live'),
  DATABASE_URL: z.string().optional().describe('PostgreSQL to use instead of the embedded database'),
  TANDEM_SECRET: z.string().optional().describe('32 bytes or more; required with DATABASE_URL'),
  TANDEM_TRUSTED_PROXIES: list.default([]).describe('Addresses or CIDRs whose forwarded headers count'),
  TANDEM_IP_ALLOWLIST: addresses
    .default([])
    .describe(
      'Addresses and CIDRs that agents and programs may come from; none: any (docs/guides/ip-allow-lists.md)',
    ),
  TANDEM_MCP_IP_ALLOWLIST: addresses
    .default([])
    .describe('The same for /mcp alone; upstreams have lists of their own'),
  TANDEM_API_IP_ALLOWLIST: addresses.default([]).describe('The same for programs at /api'),
  TANDEM_IP_BLOCK_UNKNOWN: flag
    .default(true)
    .describe('Lists hold nobody whom a trusted proxy doesn’t name; 0: the proxy’s own address counts'),
  TANDEM_ADMIN_EMAIL: z.string().optional().describe('Create the first administrator without the page'),
  TANDEM_ADMIN_PASSWORD: z.string().optional().describe('Password of that administrator'),
  TANDEM_DEMO: flag.default(false).describe('Fill a believable sales team’s data on first start'),
  TANDEM_CLIENT_POLICY: z
    .enum(['open', 'local', 'ask', 'closed'])
    .default('ask')
    .describe('Which agents may register'),
  TANDEM_REGISTRATION: z
    .enum(['on', 'token', 'off'])
    .default('on')
    .describe('Whether apps register themselves: all, those with an initial access token, none'),
  TANDEM_REGISTRATIONS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(30)
    .describe('Registrations from one address per minute'),
  TANDEM_STATEMENT_ISSUERS: statementIssuers
    .default([])
    .describe('Who may vouch for apps by software statements, as JSON: issuer with jwks_uri or jwks'),
  TANDEM_ENTERPRISE_IDPS: enterpriseProviders
    .default([])
    .describe(
      'Identity providers whose assertions let apps in (ID-JAG), as JSON (docs/guides/enterprise-apps.md)',
    ),
  TANDEM_ASSERTIONS_FOR_ISSUER_ONLY: flag
    .default(false)
    .describe('Client assertions (private_key_jwt) must name the issuer as audience, not the token endpoint'),
  TANDEM_GRANT_IDLE_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3650)
    .default(90)
    .describe('Days after which an app’s unused permission ends by itself; 0: never'),
  TANDEM_KEY_ROTATION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(90)
    .describe('Days a key signs tokens before the next one takes its place'),
  TANDEM_CALLS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(600)
    .describe('Calls a minute that one permission of an app may make'),
  TANDEM_DPOP_NONCES: flag
    .default(false)
    .describe('Proofs of possession (DPoP) must carry a nonce of this server, new each minute'),
  TANDEM_REQUIRE_PAR: flag
    .default(false)
    .describe('Take pushed authorization requests (RFC 9126) only; most agents can’t push'),
  TANDEM_CURSOR_SCHEME: flag
    .default(true)
    .describe('Allow cursor: and vscode: redirect URIs (deviation from MCP; see docs/specs.md)'),
  TANDEM_SIGN_IN_WITH: signInProviders
    .default([])
    .describe('OpenID providers for people, as JSON (docs/guides/sign-in-with.md)'),
  TANDEM_AUTHORIZATION_SERVER: authorizationServer
    .optional()
    .describe(
      'Somebody else’s authorization server in place of ours, as JSON (docs/guides/other-authorization-servers.md)',
    ),
  TANDEM_RESOURCES: protectedResources
    .default([])
    .describe('Other servers that Tandem signs people in for, as JSON (docs/guides/protect-your-server.md)'),
  TANDEM_UPSTREAM_HOSTS: list
    .default([])
    .describe(
      'Hosts, addresses or CIDRs of private networks that upstreams may be at, and where plain http is allowed',
    ),
  TANDEM_STDIO_SERVERS: stdioServers
    .default([])
    .describe('Local MCP servers that upstreams may run, as JSON (docs/guides/gateway.md)'),
  TANDEM_VAULT_KEYS: z
    .string()
    .optional()
    .describe('Keys that seal people’s keys for upstreams, such as 2:KEY,3:KEY (docs/guides/keys.md)'),
  TANDEM_VAULT_KEY_COMMAND: z
    .string()
    .min(1)
    .optional()
    .describe('Program that prints those keys, such as a call of a KMS; run at the start, without a shell'),
  TANDEM_VAULT_KEY_VERSION: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Which of those keys seals; default: the highest version'),
  API_KEY_ENCRYPTION_SECRET: z
    .string()
    .optional()
    .describe('As twenty-mcp has it: 32 characters or more, from which a key of the vault is derived'),
  TWENTY_BASE_URL: z
    .url()
    .optional()
    .describe('As twenty-mcp has it: a Twenty workspace to add as the upstream twenty, unless there is one'),
  TWENTY_API_KEY: z
    .string()
    .optional()
    .describe('As twenty-mcp has it: one key for everybody, only with TANDEM_SHARED_TWENTY_KEY'),
  TANDEM_SHARED_TWENTY_KEY: flag
    .default(false)
    .describe('Everybody may act in Twenty as the owner of TWENTY_API_KEY'),
  TANDEM_CLIENT_DOCUMENTS: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File of client metadata documents to use in place of fetching them (docs/guides/client-policy.md)',
    ),
  TANDEM_SMTP_URL: z
    .string()
    .min(1)
    .optional()
    .describe('Mail server, such as smtp://user:password@host:587; without one no mail is sent'),
  TANDEM_MAIL_FROM: z
    .string()
    .min(3)
    .optional()
    .describe('Sender of mails, such as Tandem <tandem@acme.example>'),
  TANDEM_METRICS_TOKEN: z
    .string()
    .min(24, 'must have 24 characters or more')
    .optional()
    .describe(
      'Bearer token for /metrics from elsewhere; programs on this computer need none (docs/guides/metrics.md)',
    ),
  TANDEM_DRAIN_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(60)
    .default(0)
    .describe('Seconds between being told to stop, which makes /health/ready say no, and refusing new work'),
  TANDEM_LOG: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info').describe('Log level'),
})
export type Settings = z.infer<typeof settings>

export type Config = Omit<Settings, 'TANDEM_URL'> & {
  /** The issuer: origin only, no path, no trailing slash (RFC 8414 §2; design §4). */
  issuer: string
}

/** Reads and checks the settings. Throws {@link SetupError} that names the setting and the cure. */
export function loadConfig(env: Record<string, string | undefined>, file = 'tandem.config.json'): Config {
  const fromFile = existsSync(file) ? parseFile(file) : {}
  const fromEnv = Object.fromEntries(
    Object.keys(settings.shape).flatMap((k) => (env[k] === undefined ? [] : [[k, env[k]]])),
  )
  const theirs = twentyMcpSettings({ ...textsOf(fromFile), ...env })
  const parsed = settings.safeParse({ ...fromFile, ...theirs.given, ...fromEnv })
  if (!parsed.success) {
    const first = parsed.error.issues[0]
    throw new SetupError(`Setting ${first?.path.join('.')}: ${first?.message}`)
  }
  const { TANDEM_URL, ...rest } = parsed.data
  checkForeign(rest)
  return { ...rest, issuer: checkIssuer(TANDEM_URL ?? `http://localhost:${rest.PORT}`) }
}

/** Settings that lean on our own authorization server, which is off where somebody else's is in charge. */
function checkForeign(of: Omit<Settings, 'TANDEM_URL'>): void {
  if (!of.TANDEM_AUTHORIZATION_SERVER) return
  for (const name of ['TANDEM_RESOURCES', 'TANDEM_ENTERPRISE_IDPS', 'TANDEM_STATEMENT_ISSUERS'] as const)
    if (of[name].length > 0)
      throw new SetupError(
        `${name} needs Tandem’s own authorization server, which TANDEM_AUTHORIZATION_SERVER replaces. Keep one of them`,
      )
}

/** A list or an object as JSON: enough to see that the file says something. */
function textsOf(file: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(file).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

function parseFile(file: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new SetupError(`${file} is not valid JSON`, { cause })
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(value)
  if (!parsed.success) throw new SetupError(`${file} must hold one JSON object of settings`)
  const unknown = Object.keys(parsed.data).find((key) => !(key in settings.shape))
  if (unknown)
    throw new SetupError(`${file} has an unknown setting: ${unknown}. \`tandem config\` lists the known ones`)
  return parsed.data
}

function checkIssuer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new SetupError(`TANDEM_URL must be an http(s) origin`)
  if (url.origin !== text)
    throw new SetupError(`TANDEM_URL must be an origin without path or trailing slash, such as ${url.origin}`)
  if (url.protocol === 'http:' && !loopbackNames.includes(url.hostname)) {
    throw new SetupError(`TANDEM_URL must be https unless it is this computer. Set it to https://${url.host}`)
  }
  return text
}
