import ipaddr from 'ipaddr.js'
import { RecentMap } from './recent-map.ts'

type Range = readonly [network: ipaddr.IPv4 | ipaddr.IPv6, bits: number]

/** Addresses and ranges, IPv4 and IPv6. An IPv4 address and its mapped form (`::ffff:192.0.2.1`) are the same. */
export type AddressList = {
  /** As they were written. */
  readonly entries: readonly string[]
  /** False for what is no address. */
  includes(address: string): boolean
  /** True when every address of the entry is in the list. */
  covers(entry: string): boolean
}

/** Where a request came from. */
export type CameFrom = {
  ip: string
  /** A proxy of ours didn't say whom it speaks for: `ip` is the proxy's, and no list holds it. */
  unknown?: boolean
}

/** True when each of the lists holds the caller. */
export function comesFrom({ ip, unknown }: CameFrom, lists: readonly AddressList[]): boolean {
  return lists.every((list) => !unknown && list.includes(ip))
}

/** Why a caller was refused, for whoever set it up: it names the address that this server sees. */
export function refusedCaller({ ip, unknown }: CameFrom, only: string): string {
  return unknown
    ? `${only} from certain addresses, and the proxy in front does not say where this request comes from (X-Forwarded-For)`
    : `${only} from certain addresses, and ${ip}, where this request comes from, is none of them`
}

/** @throws RangeError — for an entry that is neither an address nor a CIDR; its message is the entry with what is wrong. */
export function addressList(entries: readonly string[]): AddressList {
  const ranges = entries.map(parseRange)
  const covers = ([address, narrow]: Range): boolean =>
    ranges.some(
      ([network, bits]) =>
        bits <= narrow && network.kind() === address.kind() && address.match(network, bits),
    )
  return {
    entries: [...entries],
    includes(text) {
      const address = parseAddress(text)
      return address !== undefined && covers([address, widthOf(address)])
    },
    covers: (entry) => covers(parseRange(entry)),
  }
}

/** The one spelling of an address: mapped IPv4 as IPv4, IPv6 without zone. Undefined for what is none. */
export function plainAddress(text: string): string | undefined {
  return parseAddress(text)?.toString()
}

/** The same few addresses ask all day; reading one costs as much as verifying a known token. */
const recent = new RecentMap<string, ipaddr.IPv4 | ipaddr.IPv6>(1000)

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const known = recent.get(text)
  if (known) return known
  const address = readAddress(text)
  // What is longer is a name that lies about a zone: not worth the room.
  if (address && text.length <= 64) recent.set(text, address)
  return address
}

/** Four decimal parts, or IPv6: shorthands such as `127.1` and `0177.0.0.1` mean different things to different readers. */
function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const [plain = ''] = text.split('%', 1)
  // RFC 4291 §2.5.5.1: deprecated, and ipaddr.js reads it as a mapped one.
  if (/^::\d+\./.test(plain)) return undefined
  if (!ipaddr.IPv4.isValidFourPartDecimal(plain) && !ipaddr.IPv6.isValid(plain)) return undefined
  return ipaddr.process(plain)
}

function parseRange(entry: string): Range {
  const [, text = entry, given] = /^(.*)\/(\d{1,3})$/.exec(entry) ?? []
  const address = text.includes('%') ? undefined : parseAddress(text)
  if (address === undefined) throw new RangeError(`${entry} is neither an address nor a CIDR`)
  if (given === undefined) return [address, widthOf(address)]
  // A range of mapped addresses is one of IPv4; a wider one would be half one kind and half the other.
  const bits = Number(given) - (text.includes(':') && address.kind() === 'ipv4' ? 96 : 0)
  if (bits < 0 || bits > widthOf(address)) throw new RangeError(`${entry} has a length that no range has`)
  return [address, bits]
}

function widthOf(address: ipaddr.IPv4 | ipaddr.IPv6): number {
  return address.kind() === 'ipv4' ? 32 : 128
}
