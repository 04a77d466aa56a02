/** The session cookie: which one this install uses, how it is read, set and cleared. */
export type SessionCookie = {
  read(request: Request): string | null
  set(secret: string): string
  clear(): string
}

/**
 * On https the `__Host-` prefix keeps other hosts and plain http from planting one (RFC 6265bis §4.1.3.2).
 * Browsers refuse that prefix on http, which only a loopback issuer may have.
 * Lax, not Strict: a person who comes to consent from an app arrives signed in.
 */
export function sessionCookie(issuer: string): SessionCookie {
  const secure = issuer.startsWith('https:')
  const name = secure ? '__Host-tandem_session' : 'tandem_session'
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
  const maxAge = 90 * 24 * 3600
  return {
    read(request) {
      const header = request.headers.get('cookie')
      if (!header || !header.includes(name)) return null
      for (const pair of header.split(';')) {
        const at = pair.indexOf('=')
        if (at > 0 && pair.slice(0, at).trim() === name)
          return pair
            .slice(at + 1)
            .trim()
            .slice(0, 200)
      }
      return null
    },
    set: (secret) => `${name}=${secret}; Max-Age=${maxAge}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  }
}
