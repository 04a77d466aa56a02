import type { Engine, Exchange } from './engine.ts'
import { UpstreamTrouble } from './engine.ts'
import type { UpstreamWatch } from './ports.ts'

/** The same engine, each of its exchanges watched. Headers that carry a trace travel beside the credential. */
export function observeEngine(engine: Engine, upstream: string, watch: UpstreamWatch | undefined): Engine {
  if (!watch) return engine
  const failed = (error: unknown) => (error instanceof UpstreamTrouble ? error.kind : 'error')
  return {
    ...engine,
    answer: (exchange) =>
      watch(
        upstream,
        'answer',
        (carry) => engine.answer(carrying(exchange, carry)),
        (answer, error) => (answer ? (answer.status < 500 ? 'ok' : 'failed') : failed(error)),
      ),
    listTools: (access) =>
      watch(
        upstream,
        'list tools',
        () => engine.listTools(access),
        (tools, error) => (tools ? 'ok' : failed(error)),
      ),
  }
}

function carrying(exchange: Exchange, carry: Readonly<Record<string, string>>): Exchange {
  const { access } = exchange
  return { ...exchange, access: { ...access, headers: { ...access.headers, ...carry } } }
}
