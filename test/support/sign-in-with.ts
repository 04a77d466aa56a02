import type { SignInProvider } from '#foundation'
import type { Browser } from './browser.ts'
import { testClock } from './clock.ts'
import { clientSecret, startOpenIdProvider } from './openid-provider.ts'
import { freePort, startTandem } from './tandem.ts'
import type { Person } from './tandem.ts'

/** Where a browser ended up after an answer of the provider came back to us. */
export type Landing = { path: string; search: URLSearchParams; fragment: URLSearchParams }

/** A Tandem whose people may sign in with a real OpenID provider, under two names. */
export async function startWithProvider(settings: Partial<SignInProvider> = {}) {
  const clock = testClock(new Date())
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const callback = (name: string) => `${issuer}/api/sign-in/${name}/callback`
  const provider = await startOpenIdProvider({ tandem: callback('acme-id'), other: callback('other-id') })
  const named = (name: string, clientId: string): SignInProvider => ({
    name,
    label: 'Acme ID',
    issuer: provider.issuer,
    clientId,
    clientSecret,
    domains: [],
    ...settings,
  })
  const tandem = await startTandem({
    clock,
    config: {
      PORT: port,
      issuer,
      TANDEM_SIGN_IN_WITH: [named('acme-id', 'tandem'), named('other-id', 'other')],
    },
  })

  /** Where the page is told to send the browser. */
  const begin = async (browser: Browser, { path = '/api/session/provider', next = '/o/company' } = {}) => {
    const { status, body } = await browser.json('POST', path, { provider: 'acme-id', next })
    if (status !== 200) throw new Error(`it didn't begin: ${status} ${JSON.stringify(body)}`)
    return (body as { location: string }).location
  }
  /** Walks through the provider as its person does. Resolves to our callback's address, not yet visited. */
  const comeBack = async (browser: Browser, address: string): Promise<string> => {
    let at = address
    for (let hops = 0; hops < 10; hops++) {
      const answer = await browser.fetch(at)
      const location = answer.headers.get('location')
      if (!location) throw new Error(`the provider stopped: ${answer.status} ${await answer.text()}`)
      at = new URL(location, at).href
      if (at.startsWith(`${issuer}/`)) return at
    }
    throw new Error('the provider goes in circles')
  }
  const land = async (browser: Browser, address: string): Promise<Landing> => {
    const answer = await browser.fetch(address)
    if (answer.status !== 303) throw new Error(`no landing: ${answer.status} ${await answer.text()}`)
    const url = new URL(answer.headers.get('location') ?? '', issuer)
    if (url.origin !== issuer) throw new Error(`landed outside: ${url.href}`)
    return {
      path: url.pathname,
      search: url.searchParams,
      fragment: new URLSearchParams(url.hash.slice(1)),
    }
  }

  return {
    tandem,
    provider,
    clock,
    begin,
    comeBack,
    land,
    /** The whole way: out, through, and back in. */
    through: async (browser: Browser, next?: string): Promise<Landing> =>
      land(browser, await comeBack(browser, await begin(browser, next === undefined ? {} : { next }))),
    /** Who is signed in, or null. */
    async who(browser: Browser): Promise<{ name: string; email: string; role: string } | null> {
      const { status, body } = await browser.json('GET', '/api/session')
      return status === 200
        ? (body as { member: { name: string; email: string; role: string } }).member
        : null
    },
    /** What Ada lets the provider's word do for a domain; both false takes the line away. */
    async trust(domain: string, { joins = false, links = false, provider: name = 'acme-id' }): Promise<void> {
      const ada = await tandem.signIn('ada')
      const { status, body } =
        joins || links
          ? await ada.json('POST', '/api/sign-in-rules/domains', { domain, provider: name, joins, links })
          : await ada.json('DELETE', `/api/sign-in-rules/domains/${name}/${domain}`)
      if (status !== 204) throw new Error(`Ada couldn't: ${status} ${JSON.stringify(body)}`)
    },
    signIn: (person: Person) => tandem.signIn(person),
    async close(): Promise<void> {
      await tandem.close()
      await provider.close()
    },
  }
}

export type WithProvider = Awaited<ReturnType<typeof startWithProvider>>
