import { isObject } from '#foundation'
import type { OutwardClient } from '#foundation'
import type { Exchange } from '../../engine.ts'
import { eraOf } from './eras.ts'
import { requestHeaders } from './request-headers.ts'

/**
 * Tells the upstream that nobody waits for these requests any more. In the older revisions who leaves an answer hasn't
 * given its call up (2025-11-25, Cancellation), and a client whose grant ended can't say so itself.
 */
export async function cancelUpstream(
  outward: OutwardClient,
  exchange: Exchange,
  session: string | undefined,
): Promise<void> {
  const { request, message, access } = exchange
  if (eraOf(request, message?.value) !== 'legacy') return
  for (const requestId of requestsIn(message?.value)) {
    const params = { requestId, reason: 'Its access ended' }
    try {
      const { body } = await outward.request(access.baseUrl, {
        method: 'POST',
        headers: requestHeaders(exchange, { session }),
        body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }),
        signal: AbortSignal.timeout(5000),
      })
      await body.dump({ limit: 16_384 })
    } catch {
      // It doesn't listen: the call's own connection is closed already.
      return
    }
  }
}

/** Their ids; `initialize` can't be given up. */
function requestsIn(value: unknown): unknown[] {
  return [value].flat().flatMap((one: unknown) => {
    const isRequest = isObject(one) && typeof one['method'] === 'string' && one['id'] !== undefined
    return isRequest && one['method'] !== 'initialize' ? [one['id']] : []
  })
}
