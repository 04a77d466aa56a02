import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'

/** Every address of a host name. Rejects or answers none when there is none. */
export type Lookup = (host: string, signal: AbortSignal) => Promise<string[]>

/**
 * Asks the name server by itself (c-ares) instead of getaddrinfo: a stranger's slow name server must not hold
 * the thread pool that passwords and files share. The system's hosts file doesn't count.
 */
export const systemLookup: Lookup = async (host, signal) => {
  const resolver = new Resolver({ timeout: 1500, tries: 2 })
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel)
  try {
    // One family alone is common; what was found is what counts.
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    return found.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** The addresses to try for a URL's host: itself when it is one, this computer's for `localhost`, else the name server's. */
export async function addressesOf(url: URL, lookup: Lookup, signal: AbortSignal): Promise<string[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host)) return [host]
  // RFC 6761 §6.3: localhost is not the name server's to answer.
  if (host === 'localhost') return ['127.0.0.1', '::1']
  return lookup(host, signal)
}
