import { createProofNonces, deriveKey, readProof } from '#foundation'
import type { Clock, Proof, ReplayCache } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { Binding } from '../token/grant-type.ts'

/** Proofs of possession at our own endpoints (RFC 9449 §5, §10.1). */
export interface Proofs {
  /**
   * What the request's proof proves, or null when it has none. Throws `invalid_dpop_proof`, or `use_dpop_nonce` with
   * the nonce to use (§8). Ask before the client authenticates: a retry with a nonce finds its assertion unused.
   * `accessToken` is the one that comes with it, where one does.
   */
  read(request: Request, accessToken?: string): Promise<Proof | null>
  /** Uses the proof up, once on all replicas, when its client has authenticated. Throws `invalid_dpop_proof`. */
  spend(proof: Proof | null): Promise<Binding | null>
  /** Headers for the answer to a request with a proof: the nonce to use next (§8.2). */
  headersFor(proof: Proof | null): Record<string, string>
}

export function createProofs(deps: {
  issuer: string
  /** Each proof must carry a nonce of ours. */
  demandNonces: boolean
  replays: ReplayCache
  clock: Clock
  secret: string
}): Proofs {
  const { issuer, replays, clock } = deps
  const nonces = deps.demandNonces
    ? createProofNonces(deriveKey(deps.secret, 'oauth dpop nonces'), clock)
    : undefined
  const nonceHeader = (): Record<string, string> => (nonces ? { 'DPoP-Nonce': nonces.current() } : {})

  return {
    async read(request, accessToken) {
      const header = request.headers.get('dpop')
      if (header === null) return null
      // Never the Host header's idea of our address.
      const url = issuer + new URL(request.url).pathname
      const proof = await readProof(header, {
        method: request.method,
        url,
        at: clock.now(),
        ...(accessToken === undefined ? {} : { accessToken }),
      })
      if (typeof proof === 'string') throw invalidProof(proof, nonceHeader())
      if (nonces && !nonces.accepts(proof.nonce)) {
        throw new OAuthError(
          'use_dpop_nonce',
          'Sign the proof again with the nonce of the DPoP-Nonce header',
          {
            headers: nonceHeader(),
          },
        )
      }
      return proof
    },
    async spend(proof) {
      if (proof === null) return null
      const { name, until } = proof.once
      if (!(await replays.first(name, until))) {
        throw invalidProof('The proof was used before (jti)', nonceHeader())
      }
      return { jkt: proof.jkt }
    },
    headersFor: (proof) => (proof ? nonceHeader() : {}),
  }
}

export function invalidProof(why: string, headers: Record<string, string> = {}): OAuthError {
  return new OAuthError('invalid_dpop_proof', why, { headers })
}
