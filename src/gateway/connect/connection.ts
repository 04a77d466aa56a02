import type { TokenEndpointResponse } from 'oauth4webapi'
import { z } from 'zod'
import type { NewCredential } from '#vault'
import { clientIdentity } from './client-identity.ts'

/** What a person's connection is, as the vault keeps it. */
const connection = z.object({
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  scope: z.string().optional(),
  /** Who gave the tokens: they are renewed there and nowhere else, whatever the upstream says by then. */
  issuer: z.string(),
  resource: z.string(),
  client: clientIdentity,
})
export type Connection = z.infer<typeof connection>

export function readConnection(secret: string): Connection | null {
  if (secret === '') return null
  const parsed = connection.safeParse(JSON.parse(secret))
  return parsed.success ? parsed.data : null
}

type Kept = Omit<Connection, 'accessToken' | 'refreshToken' | 'scope'> &
  Partial<Pick<Connection, 'refreshToken' | 'scope'>>

/** A token answer as a credential. `kept` is what the answer may leave out (RFC 6749 §6: refresh token, scope). */
export function credentialFrom(
  tokens: TokenEndpointResponse,
  kept: Kept,
  { baseUrl, now }: { baseUrl: string; now: Date },
): NewCredential {
  const { access_token: accessToken, expires_in: expiresIn, refresh_token: refreshToken, scope } = tokens
  // A header is made of it: anything else would end the request, or worse (RFC 6750 §2.1, attacks G8).
  if (!/^[\w\-.~+/]+=*$/.test(accessToken)) throw new Error('the access token is no bearer token')
  const secret = JSON.stringify({
    ...kept,
    accessToken,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(scope !== undefined && { scope }),
  } satisfies Connection)
  const expiresAt =
    expiresIn === undefined ? null : new Date(now.getTime() + Math.min(expiresIn, tenYears) * 1000)
  return { kind: 'oauth', secret, baseUrl, expiresAt }
}

const tenYears = 315_360_000
