const simpleTypes = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']

/** `fetch` of a page at `origin`: asks first where a browser would, and reads only what it may (Fetch standard, CORS). */
export function pageFetch(origin: string): typeof fetch {
  return async (input, init = {}) => {
    const request = new Request(input, init)
    const unsafe = [...request.headers].flatMap(([name, value]) => (isSimple(name, value) ? [] : [name]))
    const method = request.method
    if (unsafe.length > 0 || !['GET', 'HEAD', 'POST'].includes(method)) {
      const preflight = await fetch(request.url, {
        method: 'OPTIONS',
        redirect: 'manual',
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': method,
          ...(unsafe.length > 0 ? { 'Access-Control-Request-Headers': unsafe.toSorted().join(',') } : {}),
        },
      })
      checkAllowed(preflight, origin)
      const allowed = (preflight.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/, */)
      const refused = unsafe.filter(
        (name) => !allowed.includes(name) && (name === 'authorization' || !allowed.includes('*')),
      )
      if (!preflight.ok || refused.length > 0) {
        throw new TypeError(`CORS: ${method} ${request.url} with ${refused.join(', ')} is not allowed`)
      }
    }
    const headers = new Headers(request.headers)
    headers.set('Origin', origin)
    const response = await fetch(input, { ...init, headers })
    checkAllowed(response, origin)
    return response
  }
}

function isSimple(name: string, value: string): boolean {
  if (name === 'content-type') return simpleTypes.includes(value.split(';')[0] ?? '')
  return ['accept', 'accept-language', 'content-language'].includes(name)
}

function checkAllowed(response: Response, origin: string): void {
  const allowed = response.headers.get('access-control-allow-origin')
  if (allowed !== '*' && allowed !== origin)
    throw new TypeError(`CORS: ${response.url} may not be read by ${origin}`)
}
