import type { Log } from '#foundation'

/** Traces as OpenTelemetry has them. What is told of a request is its class and its outcome, never what it carries. */
export type Tracing = {
  /** A span around one request; `traceparent` is whoever asked (W3C Trace Context). */
  request<T>(
    about: { method: string; route: string; traceparent: string | null },
    work: (end: (status: number) => void) => Promise<T>,
  ): Promise<T>
  /** A span around one exchange with an upstream, within the request that runs. `carry` are the headers that say so. */
  upstream<T>(
    about: { upstream: string; act: string },
    work: (carry: Readonly<Record<string, string>>, end: (outcome: string) => void) => Promise<T>,
  ): Promise<T>
  /** Sends what waits. */
  close(): Promise<void>
}

/** The variables of OpenTelemetry's specification ("SDK environment variables", "OTLP exporter configuration"). */
type Variables = Readonly<Record<string, string | undefined>>

/** Undefined unless an endpoint is named; the libraries are loaded only then. */
export async function openTracing(env: Variables, log: Log): Promise<Tracing | undefined> {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT']
  const off = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none'
  if (!endpoint || off) return undefined
  const { createTracing } = await import('./create-tracing.ts')
  return createTracing(env, log)
}
