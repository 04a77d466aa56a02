import ipaddr from 'ipaddr.js'

// Where IPv6 addresses of the public internet begin (RFC 4291 §2.4): everything else is mapped, translated
// (NAT64 64:ff9b::/96), local (fc00::/7, fe80::/10), multicast, deprecated or not given out.
const globalUnicast = [ipaddr.IPv6.parse('2000::'), 3] as const

/**
 * True for every address that isn't an ordinary one of the public internet (RFC 6890 and what came after it):
 * this computer, private networks, carriers' networks, link-local with cloud metadata among them, multicast,
 * documentation, benchmarking, and IPv6 addresses that carry an IPv4 one. Also true for what can't be read.
 */
export function isSpecialUse(address: string): boolean {
  // A zone names an interface of this computer (RFC 4007 §11): nothing public has one.
  if (address.includes('%')) return true
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address).range() !== 'unicast'
  if (!ipaddr.IPv6.isValid(address)) return true
  const parsed = ipaddr.IPv6.parse(address)
  return !parsed.match(...globalUnicast) || parsed.range() !== 'unicast'
}

/** True for this computer's own addresses, 127.0.0.0/8 and ::1, mapped or not. */
export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
}
