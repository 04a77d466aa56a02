import { memoryReplayCache, readProof, systemClock } from '#foundation'
import type { Clock, Proof, ProofNonces, ReplayCache } from '#foundation'

export type ProofOptions = {
  /** Remembers proofs, so that each is good once. In this process's memory when absent; replicas need one they share. */
  replays?: ReplayCache
  /** Demands nonces of ours in every proof (RFC 9449 §9). None are needed when absent. */
  nonces?: ProofNonces
  clock?: Clock
}

/** Why a proof doesn't count, in the words of RFC 9449 §7.1 and §9. */
export type ProofFault = { error: 'invalid_dpop_proof' | 'use_dpop_nonce'; why: string }

export interface Proofs {
  /** Checks everything about the proof but its key and whether it was seen before. */
  read(request: Request, accessToken: string): Promise<Proof | ProofFault>
  /** True once per proof. Ask last, when its token was found good: who has none can't make us remember anything. */
  spend(proof: Proof): Promise<boolean>
  /** Names the nonce to use next, where nonces are demanded (RFC 9449 §8.2). */
  addNonce(response: Response): Response
}

/** Checks proofs of possession at a protected resource (RFC 9449 §4.3, §7). */
export function createProofs(origin: string, options: ProofOptions): Proofs {
  const { nonces, clock = systemClock } = options
  const replays = options.replays ?? memoryReplayCache(clock)
  return {
    async read(request, accessToken) {
      const header = request.headers.get('dpop')
      if (header === null) {
        return { error: 'invalid_dpop_proof', why: 'The DPoP scheme needs a proof in the DPoP header' }
      }
      // Our own origin: what a proxy made of the address the client used says nothing.
      const url = origin + new URL(request.url).pathname
      const proof = await readProof(header, { method: request.method, url, at: clock.now(), accessToken })
      if (typeof proof === 'string') return { error: 'invalid_dpop_proof', why: proof }
      if (nonces && !nonces.accepts(proof.nonce)) {
        return {
          error: 'use_dpop_nonce',
          why: 'Sign the proof again with the nonce of the DPoP-Nonce header',
        }
      }
      return proof
    },
    spend: ({ once }) => replays.first(once.name, once.until),
    addNonce(response) {
      if (nonces) response.headers.set('DPoP-Nonce', nonces.current())
      return response
    },
  }
}
