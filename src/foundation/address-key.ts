import { isIPv6 } from 'node:net'

/**
 * What one caller is counted by: an IPv4 address, or the /64 of an IPv6 address, which is what one household
 * or one server is given whole.
 */
export function addressKey(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)
  if (mapped?.[1]) return mapped[1]
  if (!isIPv6(ip)) return ip
  const [head = '', tail] = ip.toLowerCase().replace(/%.*$/, '').split('::', 2)
  const groups = (part: string) => part.split(':').filter(Boolean)
  const left = groups(head)
  const right = groups(tail ?? '')
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
  const block = all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${block.join(':')}::/64`
}

/** True for a caller on this computer. */
export function isLoopbackAddress(ip: string): boolean {
  return ip === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(ip)
}
