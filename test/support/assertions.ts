import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { JWK } from 'jose'

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A client's key: what it publishes, and assertions it signs (RFC 7523 §2.2). */
export type AssertionKey = Awaited<ReturnType<typeof assertionKey>>

export async function assertionKey(alg = 'ES256', kid = `key-${randomUUID()}`) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return {
    jwk,
    kid,
    privateKey,
    /** `now` in seconds. Whatever stands in `claims` or `header` replaces what an honest client would say. */
    sign: async (
      now: number,
      claims: Record<string, unknown>,
      header: Record<string, unknown> = {},
    ): Promise<string> => {
      const said = { iat: now, exp: now + 60, jti: randomUUID(), ...claims }
      return new SignJWT(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)))
        .setProtectedHeader({ alg, kid, typ: 'JWT', ...header })
        .sign(privateKey)
    },
  }
}

/** The two parameters that carry an assertion. */
export function asserted(assertion: string): Record<string, string> {
  return { client_assertion_type: assertionType, client_assertion: assertion }
}
