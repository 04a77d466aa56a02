import type { Clock, Log, StdioServer } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'
import type { Source } from '../../engine.ts'
import type { StdioProcess, StdioProcessOptions } from './stdio-process.ts'

/** The processes of one program: one for each key, or one for all. */
export interface ProcessPool {
  /** The tools of the process for this key, started when there is none. @throws {@link UpstreamTrouble} */
  open(owner: string, key: string | null): Promise<Source>
  /** Ends every process. */
  close(): Promise<void>
}

type Slot = {
  starting: Promise<StdioProcess>
  /** Calls under way. */
  leases: number
  idle: NodeJS.Timeout | null
}
type Failures = { count: number; until: number }

/** A process that lived shorter than this, in milliseconds, failed. */
const soundMs = 10_000
const firstPauseMs = 1_000
const longestPauseMs = 60_000
const mostFailures = 1000

/** Loaded when first needed: the SDK's client is a megabyte of code. */
const startProcess = async (options: StdioProcessOptions): Promise<StdioProcess> =>
  (await import('./stdio-process.ts')).startStdioProcess(options)

export function createProcessPool(
  server: StdioServer,
  { maxBytes, clock, log }: { maxBytes: number; clock: Clock; log: Log },
): ProcessPool {
  const slots = new Map<string, Slot>()
  const failures = new Map<string, Failures>()
  const ending = new Set<Promise<void>>()
  const closing = new AbortController()

  const end = (owner: string, slot: Slot): void => {
    if (slots.get(owner) === slot) slots.delete(owner)
    if (slot.idle) clearTimeout(slot.idle)
    const gone = slot.starting.then(
      (process) => process.end(),
      () => undefined,
    )
    ending.add(gone)
    void gone.finally(() => ending.delete(gone))
  }

  const failed = (owner: string): void => {
    const now = clock.now().getTime()
    if (failures.size >= mostFailures)
      for (const [other, { until }] of failures) if (until < now) failures.delete(other)
    const count = (failures.get(owner)?.count ?? 0) + 1
    // One end may be bad luck, or a call's; from the second on it rests.
    const pause = count === 1 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (count - 2))
    failures.set(owner, { count, until: now + pause })
  }

  const makeRoom = (): void => {
    if (slots.size < server.max_processes) return
    // The map is in the order of use: the first without a call has rested longest.
    for (const [owner, slot] of slots) if (slot.leases === 0) return end(owner, slot)
    throw new UpstreamTrouble('busy', `${server.max_processes} processes of it are at work`)
  }

  const follow = async (owner: string, slot: Slot): Promise<void> => {
    const forget = (): boolean => slots.get(owner) === slot && slots.delete(owner)
    let since = Infinity
    try {
      const process = await slot.starting
      since = performance.now()
      const why = await process.ended
      if (!forget()) return
      log.warn({ server: server.name, why }, 'a local MCP server ended by itself')
    } catch {
      // Whoever waits for it hears why.
      forget()
    }
    if (slot.idle) clearTimeout(slot.idle)
    if (performance.now() - since < soundMs || since === Infinity) failed(owner)
    else failures.delete(owner)
  }

  const start = (owner: string, key: string | null): Slot => {
    const last = failures.get(owner)
    if (last && clock.now().getTime() < last.until)
      throw new UpstreamTrouble('resting', `It ended ${last.count} times right after its start`)
    makeRoom()
    const slot: Slot = {
      starting: startProcess({ server, key, maxBytes, log, stop: closing.signal }),
      leases: 0,
      idle: null,
    }
    slots.set(owner, slot)
    void follow(owner, slot)
    return slot
  }

  return {
    async open(owner, key) {
      if (closing.signal.aborted) throw new UpstreamTrouble('unreachable', 'It is being closed')
      const slot = slots.get(owner) ?? start(owner, key)
      slots.delete(owner)
      slots.set(owner, slot)
      slot.leases++
      if (slot.idle) clearTimeout(slot.idle)
      slot.idle = null
      let released = false
      const release = () => {
        if (released) return
        released = true
        if (--slot.leases > 0 || slots.get(owner) !== slot) return
        slot.idle = setTimeout(() => end(owner, slot), server.idle_seconds * 1000).unref()
      }
      try {
        return (await slot.starting).source(release)
      } catch (error) {
        release()
        throw error
      }
    },
    async close() {
      closing.abort()
      for (const [owner, slot] of slots) end(owner, slot)
      await Promise.all(ending)
    },
  }
}
