import type { Gateway, UpstreamWatch } from '#gateway'
import type { Meters } from './metrics/meters.ts'
import type { Tracing } from './tracing/tracing.ts'

/** How an upstream is, by the last exchange of this process. */
export type UpstreamHealth = {
  name: string
  /** A word for it; null when it went well or nobody asked yet. */ trouble: string | null
}

/** What a call's own fault is says nothing of the upstream. */
const faults = new Set(['unreachable', 'late', 'resting', 'error'])

/** Times each exchange with an upstream, remembers how the last one went, and carries the trace on. */
export function createUpstreamWatch(
  meters: Meters,
  tracing: () => Tracing | undefined,
): { watch: UpstreamWatch; healthOf(gateway: Gateway): UpstreamHealth[] } {
  const last = new Map<string, string>()
  const watch: UpstreamWatch = async (upstream, act, work, outcomeOf) => {
    const began = performance.now()
    const done = (outcome: string): string => {
      last.set(upstream, outcome)
      meters.upstream(upstream, outcome, (performance.now() - began) / 1000)
      return outcome
    }
    const run = async (carry: Readonly<Record<string, string>>, end: (outcome: string) => void) => {
      try {
        const result = await work(carry)
        end(done(outcomeOf(result, null)))
        return result
      } catch (error) {
        end(done(outcomeOf(null, error)))
        throw error
      }
    }
    const traces = tracing()
    return traces ? traces.upstream({ upstream, act }, run) : run({}, () => undefined)
  }
  return {
    watch,
    healthOf(gateway) {
      const enabled = gateway.upstreams.all().filter((upstream) => upstream.enabled)
      const names = new Set(enabled.map(({ name }) => name))
      for (const name of last.keys()) if (!names.has(name)) last.delete(name)
      return enabled.map(({ name }) => {
        const outcome = last.get(name)
        return { name, trouble: outcome !== undefined && faults.has(outcome) ? outcome : null }
      })
    },
  }
}
