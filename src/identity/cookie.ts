/** One cookie of this install: how it is read from a `Cookie` header, set and cleared. */
export type Cookie = {
  read(header: string | null | undefined): string | null
  set(value: string): string
  clear(): string
}

export type Cookies = {
  /** Who is signed in. */
  session: Cookie
  /** The secret that binds a sign-in under way (second step, passkey, provider) to this browser (attacks C1, C2). */
  ceremony: Cookie
  /** Tells a device somebody has used before from a new one. Signs nobody in. */
  device: Cookie
}

const day = 24 * 3600

export function createCookies(issuer: string): Cookies {
  return {
    session: cookieNamed(issuer, 'tandem_session', 90 * day),
    ceremony: cookieNamed(issuer, 'tandem_ceremony', 600),
    device: cookieNamed(issuer, 'tandem_device', 400 * day),
  }
}

/**
 * On https the `__Host-` prefix keeps other hosts and plain http from planting one (RFC 6265bis §4.1.3.2).
 * Browsers refuse that prefix on http, which only a loopback issuer may have.
 * Lax, not Strict: a person who comes to consent from an app, or back from a provider, brings them along.
 */
function cookieNamed(issuer: string, plain: string, seconds: number): Cookie {
  const secure = issuer.startsWith('https:')
  const name = secure ? `__Host-${plain}` : plain
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
  return {
    read(header) {
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
    set: (value) => `${name}=${value}; Max-Age=${seconds}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  }
}
