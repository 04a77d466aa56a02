import { SetupError } from './errors.ts'

type Env = Record<string, string | undefined>

/** What the settings of twenty-mcp mean here: settings of ours, and which of theirs each came from. */
export type Understood = { given: Record<string, unknown>; from: Record<string, string> }

/**
 * Reads the names that twenty-mcp has for its settings (docs/guides/from-twenty-mcp.md). What would be unsafe, or means
 * two things at once, is no start at all. @throws SetupError — which says what to set instead.
 */
export function twentyMcpSettings(env: Env): Understood {
  return understand(env, [refuseSamples, takeAddress, takeAddressLists, takeSignIn])
}

/** The same of where it is and who may come: what another install takes over as it is. @throws SetupError */
export function twentyMcpAddresses(env: Env): Understood {
  return understand(env, [takeAddress, takeAddressLists])
}

function understand(env: Env, readers: ((env: Env, take: Take) => void)[]): Understood {
  const understood: Understood = { given: {}, from: {} }
  const take = (name: string, value: unknown, from: string) => {
    const own = env[name]
    if (own !== undefined && own !== value)
      throw new SetupError(`${name} and ${from} say two things. Keep ${name}, and remove ${from}`)
    understood.given[name] = value
    understood.from[name] = from
  }
  for (const read of readers) read(env, take)
  return understood
}

type Take = (name: string, value: unknown, from: string) => void

/** As twenty-mcp has it: anything else is off. */
export const isOn = (value: string | undefined) => /^(1|true|yes)$/i.test(value?.trim() ?? '')
const off = (value: string | undefined) => /^(0|false|no)$/i.test(value?.trim() ?? '')
const named = (value: string | undefined) =>
  (value ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)

/** API_KEY_ENCRYPTION_SECRET is looked at where it becomes a key. */
function refuseSamples({ TWENTY_API_KEY: key = '' }: Env): void {
  if (/^your-/i.test(key))
    throw new SetupError(
      'TWENTY_API_KEY is the sample of twenty-mcp’s example file. Set a key of your own, or remove it',
    )
}

function takeAddress(env: Env, take: Take): void {
  const text = env['MCP_SERVER_URL']
  if (!text) return
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^\/(mcp\/?)?$/.test(url.pathname) || url.search || url.hash || url.username)
    throw new SetupError(
      'MCP_SERVER_URL must be an origin, with or without /mcp: Tandem answers at the root of its own. Set TANDEM_URL',
    )
  take('TANDEM_URL', url.origin, 'MCP_SERVER_URL')
}

function takeAddressLists(env: Env, take: Take): void {
  const { TRUSTED_PROXIES: proxies, IP_ALLOWLIST: list, IP_BLOCK_UNKNOWN: block } = env
  if (proxies) take('TANDEM_TRUSTED_PROXIES', proxies, 'TRUSTED_PROXIES')
  if (block) take('TANDEM_IP_BLOCK_UNKNOWN', off(block) ? '0' : '1', 'IP_BLOCK_UNKNOWN')
  const protection = isOn(env['IP_PROTECTION_ENABLED'])
  if (protection && named(list).length === 0)
    throw new SetupError('IP_PROTECTION_ENABLED is on and IP_ALLOWLIST names nobody. Name addresses there')
  if (!protection && named(list).length > 0)
    throw new SetupError(
      'IP_ALLOWLIST names addresses and IP_PROTECTION_ENABLED is off, so anybody may come. Set IP_PROTECTION_ENABLED=true, or remove IP_ALLOWLIST',
    )
  if (protection) take('TANDEM_IP_ALLOWLIST', list, 'IP_ALLOWLIST')
}

function takeSignIn(env: Env, take: Take): void {
  const { AUTH_ENABLED: enabled, AUTH_PROVIDER: provider, AUTH_MODE: mode = 'resource-server' } = env
  const address = env['TANDEM_URL'] ?? env['MCP_SERVER_URL'] ?? 'http://localhost'
  if (off(enabled) && !/^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(address))
    throw new SetupError(
      `AUTH_ENABLED=false would let everybody in at ${address}. Tandem always asks who somebody is: remove AUTH_ENABLED, or set it to true`,
    )
  if (off(env['REQUIRE_AUTH']) && env['TWENTY_API_KEY'])
    throw new SetupError(
      'REQUIRE_AUTH=false with TWENTY_API_KEY would let strangers use the server’s key. Remove both: people sign in, and store keys of their own at Settings, Keys for upstreams',
    )
  // As twenty-mcp: what follows counts once it is switched on.
  if (!isOn(enabled)) return
  if (provider !== undefined && provider !== 'clerk' && provider !== 'oidc')
    throw new SetupError(`AUTH_PROVIDER is clerk or oidc, not ${provider}`)
  if (mode !== 'resource-server' && mode !== 'broker')
    throw new SetupError(`AUTH_MODE is resource-server or broker, not ${mode}`)
  const clerk = provider !== 'oidc'
  const [setting, issuer] = clerk
    ? ['CLERK_DOMAIN', clerkIssuer(env['CLERK_DOMAIN'])]
    : ['AUTH_ISSUER', env['AUTH_ISSUER']]
  if (!issuer)
    throw new SetupError(
      clerk
        ? 'AUTH_PROVIDER=clerk needs CLERK_DOMAIN, such as your-own.clerk.accounts.dev'
        : 'AUTH_PROVIDER=oidc needs AUTH_ISSUER, the issuer’s address as its metadata has it',
    )
  if (mode === 'broker') take('TANDEM_SIGN_IN_WITH', brokered(env, clerk, issuer), setting)
  else take('TANDEM_AUTHORIZATION_SERVER', foreign(env, clerk, issuer), setting)
}

/** @throws SetupError — when it is nobody's own. */
export function clerkIssuer(domain: string | undefined): string | undefined {
  const host = domain
    ?.trim()
    .replace(/^https:\/\//, '')
    .replace(/\/$/, '')
  if (!host) return undefined
  if (!/^[a-z0-9.-]+\.[a-z]{2,}$/i.test(host) || host === 'your-app.clerk.accounts.dev')
    throw new SetupError(
      'CLERK_DOMAIN is the host of your own Clerk instance, such as acme.clerk.accounts.dev',
    )
  return `https://${host}`
}

function foreign(env: Env, clerk: boolean, issuer: string): string {
  const { AUTH_AUDIENCE: audience, AUTH_INTROSPECTION_URL: url } = env
  const clients = named(env['AUTH_CLIENTS'])
  if (clerk && !audience && clients.length === 0)
    throw new SetupError(
      'Clerk’s tokens name no audience, so any app’s of that instance would do. Set AUTH_CLIENTS to the client ids whose tokens count, AUTH_AUDIENCE if yours have one, or AUTH_MODE=broker',
    )
  if (url && (!env['AUTH_CLIENT_ID'] || !env['AUTH_CLIENT_SECRET']))
    throw new SetupError('AUTH_INTROSPECTION_URL needs AUTH_CLIENT_ID and AUTH_CLIENT_SECRET')
  return JSON.stringify({
    issuer,
    ...(audience && { audience }),
    ...(clients.length > 0 && { clients }),
    ...(env['AUTH_TOKEN_TYPE'] && { type: env['AUTH_TOKEN_TYPE'] }),
    email_domains: named(env['AUTH_EMAIL_DOMAINS']),
    ...(url && {
      introspection: { url, client_id: env['AUTH_CLIENT_ID'], client_secret: env['AUTH_CLIENT_SECRET'] },
    }),
  })
}

function brokered(env: Env, clerk: boolean, issuer: string): string {
  const { AUTH_CLIENT_ID: clientId, AUTH_CLIENT_SECRET: clientSecret } = env
  if (!clientId || !clientSecret)
    throw new SetupError(
      'AUTH_MODE=broker needs AUTH_CLIENT_ID and AUTH_CLIENT_SECRET of an OAuth application made there for Tandem (docs/guides/sign-in-with.md)',
    )
  const name = clerk ? 'clerk' : 'oidc'
  return JSON.stringify([
    {
      name,
      ...(clerk && { preset: 'clerk' }),
      issuer,
      clientId,
      clientSecret,
      domains: named(env['AUTH_EMAIL_DOMAINS']),
    },
  ])
}
