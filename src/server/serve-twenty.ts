import { once } from 'node:events'
import { createOutwardClient, systemClock, upstreamRule } from '#foundation'

/**
 * Serves one person's Twenty workspace on standard input and output until input ends. Her own computer asks what she
 * named, wherever that is: the rule lists its host.
 */
export async function serveTwenty(workspace: { baseUrl: string; key: string }): Promise<void> {
  // Loaded here: who starts Tandem comes through the same door.
  const [{ serveStdio }, { twentyServers }] = await Promise.all([
    import('@modelcontextprotocol/server/stdio'),
    import('#gateway/twenty'),
  ])
  const { hostname } = new URL(workspace.baseUrl)
  const outward = createOutwardClient({ rule: upstreamRule([hostname], true) })
  const server = serveStdio(twentyServers(workspace, { outward, clock: systemClock }))
  await once(process.stdin, 'close')
  await server.close()
  await outward.close()
}
