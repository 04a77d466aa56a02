import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, diag, trace } from '@opentelemetry/api'
import type { Context, Span } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { version } from '#foundation'
import type { Log } from '#foundation'
import { samplerOf } from './sampler.ts'
import type { Tracing } from './tracing.ts'

/** OTLP over HTTP to the collector that the standard variables name; the exporter reads them itself. */
export function createTracing(env: Readonly<Record<string, string | undefined>>, log: Log): Tracing {
  // Its own words may quote what it sent; ours say that it failed.
  diag.setLogger({
    error: () => log.warn({}, 'traces could not be sent'),
    warn: () => undefined,
    info: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
  })
  const named = resourceFromAttributes({ 'service.name': 'tandem', 'service.version': version })
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(env),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), ...batching(env) })],
  })
  const tracer = provider.getTracer('tandem', version)
  const running = new AsyncLocalStorage<Context>()

  return {
    request({ method, route, traceparent }, work) {
      const span = tracer.startSpan(
        `${method} ${route}`,
        { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'http.route': route } },
        remote(traceparent),
      )
      return within(span, ROOT_CONTEXT, () =>
        work((status) => {
          span.setAttribute('http.response.status_code', status)
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        }),
      )
    },
    upstream({ upstream, act }, work) {
      const outer = running.getStore() ?? ROOT_CONTEXT
      const attributes = { 'tandem.upstream': upstream, 'tandem.act': act }
      const span = tracer.startSpan(`upstream ${upstream}`, { kind: SpanKind.CLIENT, attributes }, outer)
      return within(span, outer, () =>
        work({ traceparent: header(span) }, (outcome) => {
          span.setAttribute('tandem.outcome', outcome)
          if (outcome !== 'ok') span.setStatus({ code: SpanStatusCode.ERROR })
        }),
      )
    },
    async close() {
      await provider.shutdown().catch(() => log.warn({}, 'the last traces could not be sent'))
      diag.disable()
    },
  }

  function within<T>(span: Span, outer: Context, work: () => Promise<T>): Promise<T> {
    return running.run(trace.setSpan(outer, span), async () => {
      try {
        return await work()
      } catch (error) {
        // No message, no stack: they may quote what the request carried.
        span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    })
  }
}

/** W3C Trace Context §3.2. What isn't one begins a trace of our own. */
function remote(traceparent: string | null): Context {
  const [, traceId, spanId, flags] =
    /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? []
  if (!traceId || !spanId || !flags) return ROOT_CONTEXT
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

function header(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** "Batch Span Processor" of the specification. */
function batching(env: Readonly<Record<string, string | undefined>>) {
  const delay = Number(env['OTEL_BSP_SCHEDULE_DELAY'])
  return Number.isFinite(delay) && delay > 0 ? { scheduledDelayMillis: delay } : {}
}
