import { setTimeout as pause } from 'node:timers/promises'
import type { ConsentDecision, ConsentView } from '#contract'

/** A person with a browser, driven over HTTP: keeps cookies, signs in, decides on consent pages. */
export type Person = Awaited<ReturnType<typeof signInOverHttp>>

export const ada = { email: 'ada@acme.example', password: 'correct horse battery staple' }

export async function signInOverHttp(url: string, who: { email: string; password: string } = ada) {
  const jar = new Map<string, string>()

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(new URL(path, url), {
      redirect: 'manual',
      ...init,
      headers: {
        origin: url,
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(init.body ? { 'content-type': 'application/json' } : {}),
      },
    })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    return response
  }

  async function json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await ask(path, init)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (response.status === 204 ? undefined : await response.json()) as T
  }
  const post = <T>(path: string, body: unknown) =>
    json<T>(path, { method: 'POST', body: JSON.stringify(body) })

  await post('/api/session', who)

  /** Follows an authorization request to its consent page and decides. Returns where the browser goes next. */
  async function decide(
    authorizeUrl: string | URL,
    decision: Partial<Omit<ConsentDecision, 'csrf'>> = {},
  ): Promise<URL> {
    const response = await ask(String(authorizeUrl))
    const location = new URL(response.headers.get('location') ?? '', url)
    const id = /^\/consent\/(\w+)$/.exec(location.pathname)?.[1]
    if (response.status >= 400 || !id) {
      throw new Error(`no consent page: ${response.status} ${location.href} ${await response.text()}`)
    }
    const view = await json<ConsentView>(`/api/interactions/${id}`)
    const answer = await post<{ location: string }>(`/api/interactions/${id}/decision`, {
      csrf: view.csrf,
      decision: 'allow',
      ...decision,
    })
    return new URL(answer.location)
  }

  return {
    ask,
    json,
    post,
    decide,
    /** Decides and delivers the answer to a client that listens on this computer. */
    async deliver(authorizeUrl: string | URL): Promise<void> {
      const location = await decide(authorizeUrl)
      for (let tries = 0; ; tries++) {
        try {
          await fetch(location)
          return
        } catch (error) {
          if (tries === 20) throw error
          await pause(100)
        }
      }
    },
    grants: () => json<{ grants: { id: string; client: { name: string } }[] }>('/api/grants'),
    endGrant: (id: string) => json<void>(`/api/grants/${id}`, { method: 'DELETE' }),
  }
}
