import ipaddr from 'ipaddr.js'
import { isLoopback, isSpecialUse } from './special-use.ts'

/** Where a URL may lead: the port to dial and the addresses that its host may turn out to have. */
export type Way = {
  url: URL
  port: number
  /** Inside the exception: this computer, or a place that the operator listed. */
  own: boolean
  mayReach(address: string): boolean
}
/** @throws Error — why the URL leads nowhere that may be reached. */
export type AddressRule = (text: string) => Way

const isThisComputer = (host: string) => /^(localhost|127\.0\.0\.1|\[::1\])$/.test(host)

/** For addresses that strangers name: https on its own port, public addresses; by exception this computer. */
export function strangersRule(loopback: boolean): AddressRule {
  return (text) => {
    const url = parse(text)
    // Only literal names of this computer make the exception.
    if (loopback && isThisComputer(url.hostname) && /^https?:$/.test(url.protocol))
      return { url, port: portOf(url), own: true, mayReach: isLoopback }
    if (url.protocol !== 'https:') throw new Error(`${url.protocol} is not fetched`)
    if (url.port !== '') throw new Error(`port ${url.port} is not fetched`)
    return { url, port: 443, own: false, mayReach: isPublic }
  }
}

/**
 * For servers that an administrator named: https anywhere public; what isn't public, and plain http, only where the
 * operator's own list (host names, addresses, CIDRs) says so. An administrator's session must not be a way into the
 * network that the server stands in (attacks S1). Link-local addresses, cloud metadata among them, count only when a
 * CIDR of the list holds them: a listed name that suddenly leads there is an attack.
 */
export function upstreamRule(listed: readonly string[], loopback: boolean): AddressRule {
  const ranges = listed.map(rangeOf).filter((range) => range !== undefined)
  const names = new Set(listed.filter((entry) => !rangeOf(entry)).map((name) => name.toLowerCase()))
  const isListed = (address: string) => {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits))
  }
  return (text) => {
    const url = parse(text)
    if (!/^https?:$/.test(url.protocol)) throw new Error(`${url.protocol} is not fetched`)
    const named = names.has(url.hostname.toLowerCase())
    const here = loopback && isThisComputer(url.hostname)
    const mayReach = (address: string) =>
      isListed(address) ||
      (here && isLoopback(address)) ||
      (named ? !isLinkLocal(address) : isPublic(address))
    const own = named || here
    const plainOnly = (address: string) => isListed(address) || own
    return {
      url,
      port: portOf(url),
      own,
      mayReach: url.protocol === 'https:' ? mayReach : (address) => plainOnly(address) && mayReach(address),
    }
  }
}

function parse(text: string): URL {
  const url = new URL(text)
  if (url.username || url.password) throw new Error('the address names a user')
  return url
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80)
}

function isPublic(address: string): boolean {
  return !isSpecialUse(address)
}

function isLinkLocal(address: string): boolean {
  return !ipaddr.isValid(address) || ipaddr.process(address).range() === 'linkLocal'
}

function rangeOf(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  const plain = entry.replace(/^\[(.*)\]$/, '$1')
  if (plain.includes('/')) return ipaddr.isValidCIDR(plain) ? ipaddr.parseCIDR(plain) : undefined
  if (!ipaddr.IPv4.isValidFourPartDecimal(plain) && !ipaddr.IPv6.isValid(plain)) return undefined
  const address = ipaddr.process(plain)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
