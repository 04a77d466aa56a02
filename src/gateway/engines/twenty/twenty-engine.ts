import type { Engine } from '../../engine.ts'
import type { EngineDependencies } from '../../ports.ts'
import type { TwentyConnector } from '../../twenty/index.ts'
import type { Upstream } from '../../upstreams/upstream.ts'
import { bridgeEngine } from '../bridge/bridge-engine.ts'

/** A Twenty workspace: our tools over its REST API, with the caller's own key. */
export function twentyEngine(
  upstream: Upstream,
  {
    outward,
    ended,
    clock,
    log,
    seen,
  }: Pick<EngineDependencies, 'outward' | 'ended' | 'clock' | 'log' | 'seen'>,
): Engine {
  let connector: Promise<TwentyConnector> | undefined
  // Loaded when first needed: most installs have no Twenty.
  const open = async () => (await import('../../twenty/index.ts')).createTwentyConnector({ outward, clock })
  return bridgeEngine(
    async ({ access, caller }) =>
      (await (connector ??= open())).open(access, upstream.limits, (tools) => {
        // What an administrator's own look finds she is shown already.
        if (caller) seen(upstream, tools)
      }),
    { upstream, ended, clock, log },
  )
}
