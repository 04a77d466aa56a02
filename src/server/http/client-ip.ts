import ipaddr from 'ipaddr.js'
import { SetupError } from '#foundation'

/** Which peers are proxies of ours: only what they forward counts (design §4). They pass `Host` on as it came. */
export type TrustedProxies = {
  /** The client: the nearest address in the chain that isn't a proxy of ours. */
  clientIp(peer: string, forwardedFor: string | undefined): string
}

/** @throws SetupError — for an entry that is neither an address nor a CIDR. */
export function trustedProxies(list: readonly string[]): TrustedProxies {
  const ranges = list.map(parseRange)
  const includes = (text: string): boolean => {
    if (ranges.length === 0 || !ipaddr.isValid(text)) return false
    const address = ipaddr.process(text)
    return ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
  }
  return {
    clientIp(peer, forwardedFor) {
      const near = plain(peer)
      if (forwardedFor === undefined || !includes(near)) return near
      let client = near
      for (const hop of forwardedFor.split(',').toReversed()) {
        const address = plain(hop.trim())
        // What can't be read was not written by a proxy of ours: the last one that could be stands.
        if (!ipaddr.isValid(address)) return client
        client = address
        if (!includes(address)) return client
      }
      return client
    },
  }
}

function parseRange(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text)
    const address = ipaddr.process(text)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  } catch (cause) {
    throw new SetupError(`TANDEM_TRUSTED_PROXIES: ${text} is neither an address nor a CIDR`, { cause })
  }
}

/** IPv4 addresses arrive as `::ffff:192.0.2.1` on a dual-stack socket. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
