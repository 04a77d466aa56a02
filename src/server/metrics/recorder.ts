import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { AuditEntry } from '#audit'
import { version } from '#foundation'
import { countEntries } from './count-entries.ts'
import type { Figures } from './figures.ts'

/** Counts, and writes what it counted in Prometheus' text format. */
export type Recorder = {
  request(route: string, method: string): (status: number) => void
  entry(entry: AuditEntry): void
  issued(grantType: string): void
  upstream(name: string, outcome: string, seconds: number): void
  text(figures: Figures): Promise<{ contentType: string; body: string }>
}

/** Seconds. A call from an agent takes one millisecond, a slow upstream thirty seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createRecorder(): Recorder {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name: `tandem_${name}`, help, labelNames: [...labelNames], registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `tandem_${name}`, help, labelNames: [...labelNames], registers })
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Histogram({ name: `tandem_${name}`, help, labelNames: [...labelNames], buckets, registers })

  const requests = counter('http_requests_total', 'Requests answered', ['route', 'method', 'status'])
  const durations = histogram('http_request_duration_seconds', 'Until the answer began', ['route'])
  const inFlight = gauge('http_requests_in_flight', 'Requests being answered')
  const tokens = counter('tokens_issued_total', 'Answers of the token endpoint with a token', ['grant_type'])
  const upstreamCalls = counter('upstream_requests_total', 'Exchanges with upstreams', [
    'upstream',
    'outcome',
  ])
  const upstreamTimes = histogram('upstream_request_duration_seconds', 'Until its answer began', ['upstream'])
  const upstreamUp = gauge('upstream_up', '1 while its last exchange went well', ['upstream'])
  const held = gauge('held', 'What there is now, by kind and state', ['kind', 'state'])
  const auditWaiting = gauge('audit_waiting', 'Entries not yet chained')
  const outboxWaiting = gauge('outbox_waiting', 'Committed events that this process hasn’t heard')
  const connections = gauge('database_connections', 'To the database', ['state'])
  const statements = counter('database_statements_total', 'Asked of the database')
  const errors = counter('database_errors_total', 'Statements that failed')
  const seconds = counter('database_seconds_total', 'Spent waiting for the database')
  gauge('info', 'The version that runs', ['version', 'driver'])
  const info = registry.getSingleMetric('tandem_info')

  return {
    request(route, method) {
      inFlight.inc()
      const began = performance.now()
      return (status) => {
        inFlight.dec()
        requests.inc({ route, method, status: String(status) })
        durations.observe({ route }, (performance.now() - began) / 1000)
      }
    },
    entry: countEntries(counter),
    issued: (grantType) => tokens.inc({ grant_type: grantType }),
    upstream(upstream, outcome, took) {
      upstreamCalls.inc({ upstream, outcome })
      upstreamTimes.observe({ upstream }, took)
    },
    async text({ driver, storage, audit, upstreams, counts }) {
      if (info instanceof Gauge) info.set({ version, driver }, 1)
      upstreamUp.reset()
      for (const { name, trouble } of upstreams) upstreamUp.set({ upstream: name }, trouble === null ? 1 : 0)
      held.reset()
      for (const { kind, state, count } of counts) held.set({ kind, state }, count)
      auditWaiting.set(audit.unchained)
      outboxWaiting.set(storage.outboxWaiting)
      for (const [state, count] of Object.entries(storage.connections)) connections.set({ state }, count)
      for (const [total, now] of [
        [statements, storage.statements.count],
        [errors, storage.statements.errors],
        [seconds, storage.statements.seconds],
      ] as const) {
        total.reset()
        total.inc(now)
      }
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}
