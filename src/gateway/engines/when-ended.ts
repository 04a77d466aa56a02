import { invalidRequest, rpcError } from '#foundation'
import type { Caller } from '../engine.ts'
import type { GatewayDependencies } from '../ports.ts'

export type Ended = GatewayDependencies['ended']

/** Calls back once when the grant that the caller acts under ended or became another. Returns the way out. */
export function whenEnded(ended: Ended, { actor }: Caller, listener: () => void): () => void {
  return actor.kind === 'agent' ? ended(actor.grant, listener) : () => undefined
}

export const changedSentence = 'What is allowed here changed just now. Send it again'

/** The answer to what was allowed when it came and may not be any more. */
export function changedMeanwhile(to: unknown): Response {
  return rpcError(409, invalidRequest, changedSentence, { to })
}
