import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import type { Log } from '../log.ts'
import { memoryRateLimiter } from '../rate-limit.ts'
import type { RateLimiter } from '../rate-limit.ts'
import { version } from '../version.ts'
import { strangersRule } from './address-rule.ts'
import { openSocket, systemDial } from './dial.ts'
import type { Dial } from './dial.ts'
import { readAnswer } from './read-answer.ts'
import type { OutwardAnswer, OutwardOptions } from './read-answer.ts'
import { addressesOf, systemLookup } from './resolve.ts'
import type { Lookup } from './resolve.ts'

export type OutwardFetch = (url: string, options: OutwardOptions) => Promise<OutwardAnswer>

export type OutwardFetchDependencies = {
  log: Log
  /** `loopback`: http and https to this computer too, any port. For an install that is itself on loopback (CIMD §8.6). */
  allow?: 'loopback'
  clock?: Clock
  /** Counts fetches per host, per address and in all. */
  rateLimiter?: RateLimiter
  lookup?: Lookup
  dial?: Dial
  /** Certificate authorities, PEM, in place of the system's. */
  ca?: string
  /** Milliseconds below which no failure is answered, so that a refusal takes as long as a closed port. */
  failureFloorMs?: number
}

/** Fetches per minute: an unauthenticated request can cause one, so it must not be a way to flood somebody (attacks S8). */
const budgets = { host: 10, address: 20, all: 120 }
const mostAtOnce = 16
const mostAddresses = 4

/**
 * The one way out to addresses that strangers name. Never follows redirects, never reaches special-use addresses
 * (checked before dialling and again on the connected socket), uses each connection once, and ignores proxy
 * settings of the environment. Everything that isn't a 200 or an asked-for 304 looks the same to the caller,
 * after the same least time; `why` is for the log (attacks S9). What time still tells is whether a public server
 * answers slowly, which anybody can measure without us.
 */
export function createOutwardFetch(given: OutwardFetchDependencies): OutwardFetch {
  const {
    log,
    ca,
    clock = systemClock,
    lookup = systemLookup,
    dial = systemDial,
    failureFloorMs = 1000,
  } = given
  const rule = strangersRule(given.allow === 'loopback')
  const rateLimiter = given.rateLimiter ?? memoryRateLimiter(clock)
  const underWay = new Map<string, Promise<OutwardAnswer>>()
  let active = 0

  const spend = async (what: string, limit: number) => {
    const { allowed } = await rateLimiter.take(`outward:${what}`, { limit, window: 60 })
    if (!allowed) throw new Error(`too many fetches within a minute (${what})`)
  }

  const fetchOnce = async (text: string, options: OutwardOptions): Promise<OutwardAnswer> => {
    const plan = rule(text)
    await spend('all', budgets.all)
    if (!plan.own) await spend(`host:${plan.url.hostname}`, budgets.host)
    // One clock for everything, name server and slow bodies included (attacks S4).
    const signal = AbortSignal.timeout(options.timeoutMs)
    const addresses = await inTime(addressesOf(plan.url, lookup, signal), signal)
    if (addresses.length === 0) throw new Error('the host has no address')
    // One bad address among good ones is an attack in preparation: refuse them all (attacks S2).
    const bad = addresses.find((address) => !plan.mayReach(address))
    if (bad !== undefined) throw new Error(`the host has the address ${bad}, which may not be reached`)

    let failure: unknown
    for (const address of addresses.slice(0, mostAddresses)) {
      if (!plan.own) await spend(`address:${address}`, budgets.address)
      try {
        const socket = await openSocket(dial, { ...plan, address, ca }, signal)
        const headers = { 'user-agent': `Tandem/${version}` }
        return await readAnswer(plan.url, { ...options, headers }, socket, signal)
      } catch (error) {
        failure = error
        // Only a connection that didn't come about may be tried elsewhere.
        if (signal.aborted || !isConnectFailure(error)) break
      }
    }
    throw failure
  }

  const fetchInTurn = async (url: string, options: OutwardOptions): Promise<OutwardAnswer> => {
    if (active >= mostAtOnce) throw new Error('too many fetches at once')
    active++
    try {
      return await fetchOnce(url, options)
    } finally {
      active--
    }
  }

  const answer = async (url: string, options: OutwardOptions): Promise<OutwardAnswer> => {
    const floor = sleep(failureFloorMs, undefined, { ref: false })
    try {
      return await fetchInTurn(url, options)
    } catch (error) {
      await floor
      const why = error instanceof Error ? error.message : String(error)
      log.debug({ url, why }, 'an outward fetch failed')
      return { status: 'unavailable', why }
    }
  }

  return (url, options) => {
    const key = `${options.etag ?? ''} ${url}`
    const running = underWay.get(key)
    if (running) return running
    const mine = answer(url, options).finally(() => underWay.delete(key))
    underWay.set(key, mine)
    return mine
  }
}

const connectFailures = new Set(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL'])

function isConnectFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && connectFailures.has(String(error.code))
}

function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the name server took too long')), { once: true })
    work.then(resolve, reject)
  })
}
