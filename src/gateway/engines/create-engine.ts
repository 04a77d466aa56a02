import type { Engine } from '../engine.ts'
import type { EngineDependencies } from '../ports.ts'
import type { Upstream } from '../upstreams/upstream.ts'

/** What carries requests to an upstream of its kind. */
export function createEngine(upstream: Upstream, _deps: EngineDependencies): Engine {
  throw new Error(`Upstreams of kind ${upstream.kind} aren’t carried yet`)
}
