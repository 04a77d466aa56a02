import { createHash } from 'node:crypto'
import type { Engine } from '../../engine.ts'
import { UpstreamTrouble } from '../../engine.ts'
import type { GatewayDependencies } from '../../ports.ts'
import type { Upstream } from '../../upstreams/upstream.ts'
import { bridgeEngine } from '../bridge/bridge-engine.ts'
import { createProcessPool } from './process-pool.ts'

/** What a message holds beside the answer that is counted. */
const envelopeBytes = 64 * 1024

/** A local MCP server, one of those that the operator named, in processes of its own. */
export function stdioEngine(
  upstream: Upstream,
  { stdioServers, ended, clock, log }: Pick<GatewayDependencies, 'stdioServers' | 'ended' | 'clock' | 'log'>,
): Engine {
  const server = stdioServers.find(({ name }) => name === upstream.server)
  const pool =
    server && createProcessPool(server, { maxBytes: upstream.limits.answerBytes + envelopeBytes, clock, log })
  return bridgeEngine(
    async ({ access, caller }) => {
      if (!pool) throw new UpstreamTrouble('unreachable', `TANDEM_STDIO_SERVERS names no ${upstream.server}`)
      if (server.key_variable === undefined) return pool.open('', null)
      if (access.secret === null) throw new UpstreamTrouble('refused', 'It takes a key, and there is none')
      // Each person has a process of her own, and a new one when her key changed.
      const person = caller?.actor.kind === 'system' ? '' : (caller?.actor.member ?? '')
      const sealed = createHash('sha256').update(access.secret).digest('base64url')
      return pool.open(`${person} ${sealed}`, access.secret)
    },
    // The pool lets a program rest that ends right after its start, for the one whose key it was.
    { upstream, ended, clock, log, circuit: false, onClose: async () => pool?.close() },
  )
}
