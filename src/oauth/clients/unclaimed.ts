import type { Clock } from '#foundation'
import { addressKey, isLoopbackAddress } from './address-key.ts'
import type { ClientStore } from './client.ts'
import { unclaimedLife } from './client.ts'

export type ClientLimits = {
  /** Registrations per address and minute. */
  registrationsPerMinute: number
  /** Live clients that nobody consented to, in all. */
  unclaimed: number
  /** The same, first seen from one address. */
  unclaimedPerAddress: number
}

export const defaultClientLimits: ClientLimits = {
  registrationsPerMinute: 30,
  unclaimed: 10_000,
  unclaimedPerAddress: 50,
}

export type Unclaimed = {
  /** True when no other can be kept now, whoever asks: known from memory mostly, so a flood costs little. */
  full(): Promise<boolean>
  /** Whether another client that nobody consented to may be kept, and the share of this address. */
  room(
    ip: string,
    /** What the rule that lets it in allows one address, when that is less. */
    perAddress?: number,
  ): Promise<{ full: boolean; quota: { ip: string; perAddress: number | null; since: Date } }>
}

const countEvery = 10_000
const sweepEvery = 60_000
const sweepBatch = 100

/**
 * Keeps strangers' registrations bounded (attacks D1, D9): each counts for a day, then is deleted in passing.
 * The total is counted every ten seconds and by our own additions between, so that replicas may together
 * overshoot it by what they add in ten seconds.
 */
export function createUnclaimed(deps: {
  store: Pick<ClientStore, 'countUnclaimed' | 'deleteUnclaimed'>
  clock: Clock
  limits: ClientLimits
  /** On a loopback install everybody on this computer is the same person: only the total counts. */
  allowLoopback: boolean
}): Unclaimed {
  const { store, clock, limits, allowLoopback } = deps
  let counted = { at: Number.NEGATIVE_INFINITY, live: 0 }
  let swept = Number.NEGATIVE_INFINITY

  const recount = async (now: number): Promise<void> => {
    if (now - counted.at < countEvery) return
    counted = { at: now, live: await store.countUnclaimed(new Date(now - unclaimedLife)) }
  }

  return {
    async full() {
      await recount(clock.now().getTime())
      return counted.live >= limits.unclaimed
    },
    async room(ip, perAddress = limits.unclaimedPerAddress) {
      const now = clock.now().getTime()
      const since = new Date(now - unclaimedLife)
      if (now - swept >= sweepEvery) {
        swept = now
        await store.deleteUnclaimed(since, sweepBatch)
      }
      await recount(now)
      const own = allowLoopback && isLoopbackAddress(ip)
      return {
        full: ++counted.live > limits.unclaimed,
        quota: {
          ip: addressKey(ip),
          perAddress: own ? null : Math.min(perAddress, limits.unclaimedPerAddress),
          since,
        },
      }
    },
  }
}
