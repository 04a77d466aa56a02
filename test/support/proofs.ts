import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { JWK } from 'jose'

/** A key that tokens are bound to, and proofs of holding it (RFC 9449 §4.2). */
export type ProofKey = Awaited<ReturnType<typeof proofKey>>

export type ProofOf = {
  method?: string
  url: string
  /** Seconds. */
  now: number
  accessToken?: string
  /** Whatever stands in these replaces what an honest client would say; undefined leaves it out. */
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
}

export async function proofKey(alg = 'ES256') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk: JWK = await exportJWK(publicKey)
  return {
    jwk,
    privateJwk: await exportJWK(privateKey),
    jkt: await calculateJwkThumbprint(jwk),
    async prove({
      method = 'POST',
      url,
      now,
      accessToken,
      claims = {},
      header = {},
    }: ProofOf): Promise<string> {
      const ath = accessToken && createHash('sha256').update(accessToken).digest('base64url')
      const said = { jti: randomUUID(), htm: method, htu: url, iat: now, ath, ...claims }
      return new SignJWT(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)))
        .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk, ...header })
        .sign(privateKey)
    },
  }
}
