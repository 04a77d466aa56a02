/**
 * For endpoints that any page may call because they hold nothing of the browser's: no cookies, no ambient rights.
 * The MCP SDK sends MCP-Protocol-Version, which makes browsers ask first (A8, A114).
 */
export const publicCors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'WWW-Authenticate, Retry-After, DPoP-Nonce',
}

/** The answer to a preflight. `methods` without OPTIONS. */
export function preflight(methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...publicCors,
      'Access-Control-Allow-Methods': `${methods}, OPTIONS`,
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, MCP-Protocol-Version, DPoP',
      'Access-Control-Max-Age': '86400',
      Allow: `${methods}, OPTIONS`,
    },
  })
}
