/** A person's browser, without the pictures: keeps cookies, says where its requests come from. */
export type Browser = {
  readonly origin: string
  /** Fetches a path of Tandem (or an absolute address) as a page of Tandem would. Redirects aren't followed. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** `fetch` with a JSON body; resolves to status and parsed body. */
  json(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>
  /** The `Cookie` header as it would be sent now. */
  cookies(): string
}

export function openBrowser(origin: string): Browser {
  const jar = new Map<string, string>()
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (jar.size > 0) headers.set('Cookie', cookies())
    if (!headers.has('Origin') && init.method && init.method !== 'GET') headers.set('Origin', origin)
    const response = await fetch(new URL(path, origin), { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
      if (value === '' || /;\s*max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  return {
    origin,
    cookies,
    fetch: send,
    async json(method, path, body) {
      const response = await send(path, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
      })
      const text = await response.text()
      return { status: response.status, body: text === '' ? null : JSON.parse(text) }
    },
  }
}
