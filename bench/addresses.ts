/** Ten requests from each address of the network for benchmarks (RFC 2544), 198.18.0.0/15. */
export function addressOf(n: number): string {
  const host = Math.floor(n / 10) % 131_072
  return `198.${18 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`
}
