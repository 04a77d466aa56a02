import { AddressRefused } from '#foundation'
import type { OutwardClient } from '#foundation'
import { UpstreamTrouble } from '../engine.ts'
import type { Engine, UpstreamAccess } from '../engine.ts'
import { readOffer } from './tool-definition.ts'
import type { Offer } from './tool-definition.ts'
import type { Upstream } from './upstream.ts'

/** What came of asking: its tools; or a sentence about what is wrong, `refused` when it wants to know who asks. */
export type Asked = { offer: Offer } | { refused: string } | { trouble: string }

/** Milliseconds for an upstream to say what it offers, however many requests that takes. */
const patience = 45_000
const pingPatience = 10_000

/** Asks an upstream for all its tools. Throws only what nobody expects. */
export async function askForTools(engine: Engine, access: UpstreamAccess): Promise<Asked> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new UpstreamTrouble('late', `It didn’t list its tools within ${patience / 1000} s`)),
      patience,
    )
  })
  try {
    return { offer: readOffer(await Promise.race([engine.listTools(access), late])) }
  } catch (error) {
    if (error instanceof UpstreamTrouble && error.kind === 'refused')
      return { refused: `It doesn’t let Tandem in (${error.why})` }
    return { trouble: sentenceOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** Whether somebody answers at its address, for upstreams that only people with a credential may ask more. */
export async function ping(outward: OutwardClient, { url }: Pick<Upstream, 'url'>): Promise<string | null> {
  if (url === null) return null
  try {
    const { statusCode, body } = await outward.request(url, {
      method: 'GET',
      headers: { Accept: 'application/json, text/event-stream' },
      signal: AbortSignal.timeout(pingPatience),
    })
    body.on('error', () => undefined).destroy()
    return statusCode < 500 ? null : `It answers with status ${statusCode}`
  } catch (error) {
    return sentenceOf(error)
  }
}

/** What is wrong, for administrators. Rethrows what is no trouble of an upstream's. */
function sentenceOf(error: unknown): string {
  if (error instanceof UpstreamTrouble) return codeIn(error) ?? error.why
  if (error instanceof AddressRefused) return `Its address may not be reached: ${error.message}`
  if (error instanceof Error && error.name === 'TimeoutError') return 'It doesn’t answer'
  const code = codeIn(error)
  if (code === undefined) throw error
  return code
}

/** The system's own word for what is wrong, wherever in the chain of causes it is. */
function codeIn(error: unknown): string | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 6; one = one.cause, depth++)
    if (
      'code' in one &&
      typeof one.code === 'string' &&
      /^(E|ERR_|UND_|CERT_|DEPTH_|SELF_|UNABLE_)/.test(one.code) &&
      !one.code.startsWith('ERA_')
    )
      return `It can’t be reached (${one.code})`
  if (error instanceof UpstreamTrouble && /^[A-Z][A-Z0-9_]+$/.test(error.why))
    return 'It doesn’t answer as an MCP server does'
  return undefined
}
