import type { Front } from './front.ts'
import { methodOf, routeOf } from '../metrics/route-of.ts'
import type { Meters } from '../metrics/meters.ts'
import type { Tracing } from '../tracing/tracing.ts'

/** The same front, counted and traced where somebody wants that. */
export function observed(front: Front, meters: Meters, tracing: Tracing | undefined): Front {
  const counted: Front = async (request, incoming) => {
    if (!meters.on) return front(request, incoming)
    const end = meters.request(routeOf(incoming.path), methodOf(request.method))
    let status = 500
    try {
      const answer = await front(request, incoming)
      status = answer.status
      return answer
    } finally {
      end(status)
    }
  }
  if (!tracing) return counted
  return (request, incoming) => {
    // Probes and scrapes would be most of all traces.
    if (incoming.path === '/metrics' || incoming.path.startsWith('/health')) return counted(request, incoming)
    const about = {
      method: methodOf(request.method),
      route: routeOf(incoming.path),
      traceparent: request.headers.get('traceparent'),
    }
    return tracing.request(about, async (end) => {
      const answer = await counted(request, incoming)
      end(answer.status)
      return answer
    })
  }
}
