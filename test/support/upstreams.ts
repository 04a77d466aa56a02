import type { UpstreamDetail, newUpstreamInput } from '#contract'
import type { z } from 'zod'
import type { Browser, RunningTandem } from './tandem.ts'

type Asked = z.input<typeof newUpstreamInput>
/** Each kind with what most tests don't care about left out. */
type Loose<T> = T extends Asked ? Omit<T, 'title' | 'auth'> & Partial<Pick<T, 'title' | 'auth'>> : never

export type AddUpstreamOptions = {
  /** Everybody's secret (`header`), or Ada's own key. */
  credential?: string
  /** Ada's browser; she signs in when absent. */
  browser?: Browser
  /** Leaves tools waiting. Otherwise all are accepted, warnings or not. */
  unreviewed?: boolean
}

/**
 * Adds an upstream as Ada does: through the API, which asks it for its tools, and accepts them. A Tandem on this
 * computer may reach upstreams on this computer.
 */
export async function addUpstream(
  tandem: RunningTandem,
  given: Loose<Asked>,
  { credential, browser, unreviewed = false }: AddUpstreamOptions = {},
): Promise<UpstreamDetail> {
  const ada = browser ?? (await tandem.signIn('ada'))
  const upstream = { title: given.name, auth: { kind: 'none' }, ...given }
  const body = { upstream, ...(credential !== undefined && { credential }) }
  const { upstream: added } = await asked<{ upstream: UpstreamDetail }>(ada, 'POST', '/api/upstreams', body)
  return unreviewed ? added : acceptAll(ada, added)
}

/** Accepts all tools that wait, as they are in this view. */
export async function acceptAll(ada: Browser, upstream: UpstreamDetail): Promise<UpstreamDetail> {
  const tools = upstream.tools.flatMap(({ name, waiting }) =>
    waiting ? [{ name, decision: 'accept', fingerprint: waiting.fingerprint }] : [],
  )
  if (tools.length === 0) return upstream
  const path = `/api/upstreams/${upstream.id}/tools/decision`
  return (await asked<{ upstream: UpstreamDetail }>(ada, 'POST', path, { tools })).upstream
}

/** The upstream as administrators see it. */
export async function upstreamOf(ada: Browser, id: string): Promise<UpstreamDetail> {
  return (await asked<{ upstream: UpstreamDetail }>(ada, 'GET', `/api/upstreams/${id}`)).upstream
}

async function asked<T>(browser: Browser, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await browser.json(method, path, body)
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body as T
}
