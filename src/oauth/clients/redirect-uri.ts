/** Hosts that mean "this computer", in the spelling of WHATWG URL. Nothing that merely resolves there counts. */
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])
const longest = 2000

// Names of the answer itself: a redirect URI that carries them already could speak for us (attacks R5).
const answerNames = new Set([
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'error_uri',
  'response',
  'access_token',
  'id_token',
  'token_type',
])

export type RedirectUri = {
  /** As registered or sent, to be used byte for byte. */
  uri: string
  url: URL
  /** `https`: somewhere on the network; `loopback`: an app on this computer; `app`: a scheme the operator allowed. */
  kind: 'https' | 'loopback' | 'app'
}

/**
 * Reads a redirect URI by the rules of requirements 1.16, the same at registration and at /authorize (A199).
 * `appSchemes` are the allowed schemes without colon (a deviation from A189 that can be switched off).
 * A string says why it was refused.
 */
export function readRedirectUri(uri: string, appSchemes: readonly string[]): RedirectUri | string {
  if (uri.length > longest) return `A redirect URI may have ${longest} characters at most`
  // Printable ASCII alone: no tab or line break that a URL parser would skip, no look-alike letters, no backslash.
  if (!/^[\x21-\x7e]+$/.test(uri) || uri.includes('\\')) {
    return 'A redirect URI holds printable ASCII only; write international host names in punycode'
  }
  // OAuth 2.1 §2.3: no fragment, not even an empty one.
  if (uri.includes('#')) return 'A redirect URI has no fragment'
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  if (!url) return 'A redirect URI is an absolute URI'
  if (url.username || url.password) return 'A redirect URI names no user'
  // One spelling per address: octal and hexadecimal hosts, dot segments, default ports and capitals all fail here.
  if (url.href !== uri && url.href !== `${uri}/`)
    return `A redirect URI is written in its plain form: ${url.href}`
  if (url.hostname.endsWith('.')) return 'The host of a redirect URI does not end with a dot'
  for (const name of url.searchParams.keys()) {
    if (answerNames.has(name)) return `A redirect URI does not carry the parameter ${name} itself`
  }
  if (url.protocol === 'https:') return { uri, url, kind: 'https' }
  if (url.protocol === 'http:') {
    return loopbackHosts.has(url.hostname)
      ? { uri, url, kind: 'loopback' }
      : 'A redirect URI is https, or http on localhost, 127.0.0.1 or [::1]'
  }
  if (appSchemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '') return { uri, url, kind: 'app' }
  return `Redirect URIs of the scheme ${url.protocol} are not accepted`
}

/**
 * The requested redirect URI when a registered one allows it. Exact, with two relaxations for http on this
 * computer: any port (RFC 8252 §7.3; A191 for localhost) and a bare root with or without its slash (A192).
 */
export function matchRedirectUri(
  registered: readonly string[],
  requested: string,
  appSchemes: readonly string[],
): RedirectUri | undefined {
  const wanted = readRedirectUri(requested, appSchemes)
  if (typeof wanted === 'string') return undefined
  const allows = (uri: string) => {
    if (uri === requested) return true
    const known = readRedirectUri(uri, appSchemes)
    return (
      wanted.kind === 'loopback' &&
      typeof known !== 'string' &&
      known.kind === 'loopback' &&
      // A193: localhost, 127.0.0.1 and [::1] are three different hosts.
      known.url.hostname === wanted.url.hostname &&
      known.url.pathname === wanted.url.pathname &&
      known.url.search === wanted.url.search
    )
  }
  return registered.some(allows) ? wanted : undefined
}

/** Where an answer goes, as people read it: the host, or the app's scheme. */
export function redirectHost({ kind, url }: RedirectUri): string {
  return kind === 'app' ? `${url.protocol}//${url.host}` : url.host
}

/** True for an origin on this computer: what lets a loopback install fetch from itself (A128). */
export function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && loopbackHosts.has(new URL(url).hostname)
}
