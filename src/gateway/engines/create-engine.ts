import { deriveKey } from '#foundation'
import type { Engine } from '../engine.ts'
import type { EngineDependencies } from '../ports.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { httpEngine } from './http/http-engine.ts'
import { stdioEngine } from './stdio/stdio-engine.ts'
import { twentyEngine } from './twenty/twenty-engine.ts'

/** What carries requests to an upstream of its kind. */
export function createEngine(upstream: Upstream, deps: EngineDependencies): Engine {
  switch (upstream.kind) {
    case 'http':
      return httpEngine(upstream, {
        ...deps,
        sessionKey: deriveKey(deps.secret, 'gateway sessions'),
      })
    case 'stdio':
      return stdioEngine(upstream, deps)
    case 'twenty':
      return twentyEngine(upstream, deps)
  }
}
