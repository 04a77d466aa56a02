/** Addresses that are counted under their own name; whatever else is asked falls into its class. */
const own = new Set([
  '/oauth/authorize',
  '/oauth/token',
  '/oauth/register',
  '/oauth/revoke',
  '/oauth/introspect',
  '/oauth/userinfo',
  '/oauth/device_authorization',
  '/oauth/par',
  '/oauth/logout',
  '/oauth/jwks',
  '/mcp',
  '/metrics',
])
const classes = ['api', 'mcp', 'oauth', '.well-known', 'health', 'assets'] as const

/** The class of an address: few, whatever strangers ask for, and never an id or a name in it. */
export function routeOf(path: string): string {
  if (own.has(path)) return path
  if (path.startsWith('/mcp/') && path.length > 5) return '/mcp/{upstream}'
  const first = classes.find((name) => path === `/${name}` || path.startsWith(`/${name}/`))
  return first === undefined ? 'page' : `/${first}/*`
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Clients may invent methods; labels may not. */
export function methodOf(method: string): string {
  return methods.has(method) ? method : 'other'
}
