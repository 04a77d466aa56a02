import type { CameFrom } from '#foundation'

/** Where a request came from; `ip` is already the client's own when a listed proxy forwarded it. */
export type From = CameFrom

/** One endpoint of the protocol: a request in, the protocol's own answer out. Throws OAuthError for refusals. */
export type Endpoint = (request: Request, from: From) => Promise<Response>
