import { SetupError, addressList, plainAddress } from '#foundation'
import type { CameFrom } from '#foundation'

/** Which peers are proxies of ours: only what they forward counts (design §4). They pass `Host` on as it came. */
export type TrustedProxies = {
  /**
   * The client: the nearest address in the chain that isn't a proxy of ours. Unknown when a proxy of ours didn't say
   * whom it speaks for; its own address stands in.
   */
  clientOf(peer: string, forwardedFor: string | undefined): CameFrom
}

/**
 * `blockUnknown`: no list of addresses holds a client that isn't known; else the proxy's own address counts there.
 * @throws SetupError — for an entry that is neither an address nor a CIDR, or that makes everybody a proxy.
 */
export function trustedProxies(list: readonly string[], blockUnknown = true): TrustedProxies {
  const { includes } = parsed(list)
  const nobodyAt = (ip: string): CameFrom => ({ ip, ...(blockUnknown && { unknown: true }) })
  return {
    clientOf(peer, forwardedFor) {
      const near = plainAddress(peer) ?? peer
      if (!includes(near)) return { ip: near }
      if (forwardedFor === undefined) return nobodyAt(near)
      let client = near
      for (const hop of forwardedFor.split(',').toReversed()) {
        const address = plainAddress(hop.trim())
        // What can't be read was not written by a proxy of ours: the last one that could be stands.
        if (address === undefined) return nobodyAt(client)
        client = address
        if (!includes(address)) break
      }
      return { ip: client }
    },
  }
}

function parsed(list: readonly string[]) {
  try {
    const everybody = list.find((entry) => /\/0+$/.test(entry))
    if (everybody !== undefined) throw new RangeError(`${everybody} lets everybody say where they come from`)
    return addressList(list)
  } catch (cause) {
    throw new SetupError(
      `TANDEM_TRUSTED_PROXIES: ${cause instanceof Error ? cause.message : ''}. Name your proxies’ addresses`,
      { cause },
    )
  }
}
