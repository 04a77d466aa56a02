import { isObject } from '#foundation'
import type { Exchange } from '../../engine.ts'

/** Calls that may be given up by a message of their own, as the revisions before 2026-07-28 do. */
export interface Cancellations {
  /** Remembers a call until `done`. */
  add(exchange: Exchange, id: string | number, control: AbortController): { done(): void }
  /** Gives up what `notifications/cancelled` in this body names. */
  hear(exchange: Exchange): void
}

/**
 * A client of an older revision gives a call up with `notifications/cancelled` in another request (2025-11-25,
 * Cancellation). We keep no sessions: the two belong together when grant, address and request id agree. Clients of one
 * grant may count alike, so what fits more than one call cancels none.
 */
export function cancellations(): Cancellations {
  const running = new Map<string, Set<AbortController>>()
  const keyOf = ({ caller }: Exchange, id: unknown) =>
    typeof id === 'string' || typeof id === 'number'
      ? JSON.stringify([caller.token.grantId, caller.ip, id])
      : undefined
  return {
    add(exchange, id, control) {
      const key = keyOf(exchange, id) ?? ''
      const alike = running.get(key) ?? new Set()
      running.set(key, alike.add(control))
      return {
        done() {
          alike.delete(control)
          if (alike.size === 0 && running.get(key) === alike) running.delete(key)
        },
      }
    },
    hear(exchange) {
      const body = exchange.message?.value
      for (const one of Array.isArray(body) ? (body as unknown[]) : [body]) {
        if (!isObject(one) || one['method'] !== 'notifications/cancelled' || !isObject(one['params']))
          continue
        const key = keyOf(exchange, one['params']['requestId'])
        const alike = key === undefined ? undefined : running.get(key)
        if (alike?.size === 1) for (const control of alike) control.abort(new Error('its client gave it up'))
      }
    },
  }
}
