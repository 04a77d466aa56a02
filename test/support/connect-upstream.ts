import type { ConnectionView } from '#contract'
import { acceptAll, upstreamOf } from './upstreams.ts'
import type { Browser } from './tandem.ts'

/** The person's part at an authorization server: she goes there and says yes. Resolves to where she is sent back to. */
export type Elsewhere = (location: string) => Promise<string>

/** Where the page would send the person's browser. */
export async function beginConnection(browser: Browser, upstream: string): Promise<string> {
  const { status, body } = await browser.json('POST', `/api/connections/${upstream}`)
  if (status !== 200) throw new Error(`it didn't begin: ${status} ${JSON.stringify(body)}`)
  return (body as { location: string }).location
}

/** Where a browser lands that an authorization server sent back: path and search of our own. */
export async function comeBack(browser: Browser, address: string): Promise<string> {
  const answer = await browser.fetch(address)
  if (answer.status !== 303) throw new Error(`no landing: ${answer.status} ${await answer.text()}`)
  return answer.headers.get('location') ?? ''
}

/** The whole way: from the page there, through, and back. */
export async function connectUpstream(
  browser: Browser,
  upstream: string,
  elsewhere: Elsewhere,
): Promise<void> {
  const landed = await comeBack(browser, await elsewhere(await beginConnection(browser, upstream)))
  if (landed !== `/connect/${upstream}?done`) throw new Error(`not connected: ${landed}`)
}

export async function connectionOf(browser: Browser, upstream: string): Promise<ConnectionView> {
  const { body } = await browser.json('GET', `/api/connections/${upstream}`)
  return (body as { connection: ConnectionView }).connection
}

/** What an upstream offers to Ada, asked now and accepted. */
export async function acceptTools(ada: Browser, id: string): Promise<void> {
  const { status, body } = await ada.json('POST', `/api/upstreams/${id}/check`, {})
  if (status !== 200) throw new Error(`not checked: ${JSON.stringify(body)}`)
  await acceptAll(ada, await upstreamOf(ada, id))
}
