import type { AuditEntry } from '#audit'
import type { Events, MemberId } from '#foundation'

export const stopsChanged = 'stops.changed'

/** An administrator's word that agents may do nothing until she lifts it. Their grants stay as they are. */
export type Stop = {
  /** Null: every agent. */
  client: string | null
  reason: string
  by: { member: MemberId; name: string }
  at: Date
}

export interface StopStore {
  list(): Promise<Stop[]>
  /** False when that is stopped already. */
  put(stop: Stop, entry: AuditEntry): Promise<boolean>
  /** False when it isn't stopped. */
  lift(client: string | null, entry: AuditEntry): Promise<boolean>
}

/** What is stopped, by client; '*' for everybody. */
export type Stopped = ReadonlyMap<string, Stop>

export interface Stops {
  /** What is known, or undefined when it has to be read first: whoever asks then reads. */
  known(): Stopped | undefined
  read(): Promise<Stopped>
  close(): void
}

/** The stops in memory. News, or the fear of missed news, makes the next call read them: nobody works on a guess. */
export function createStops(store: Pick<StopStore, 'list'>, events: Events): Stops {
  let stopped: Stopped | undefined
  let reading: Promise<Stopped> | undefined
  let news = 0
  const forget = () => {
    news++
    stopped = undefined
    reading = undefined
  }
  const leave = [events.subscribe(stopsChanged, forget), events.onGap(forget)]

  const read = async (): Promise<Stopped> => {
    const before = news
    try {
      const found = new Map((await store.list()).map((stop) => [stop.client ?? '*', stop]))
      if (before === news) stopped = found
      return found
    } finally {
      if (before === news) reading = undefined
    }
  }
  return {
    known: () => stopped,
    read: () => (reading ??= read()),
    close: () => leave.forEach((stop) => stop()),
  }
}

/** The stop that holds one of these clients back. */
export function stopOf(stopped: Stopped, clients: readonly string[]): Stop | undefined {
  if (stopped.size === 0) return undefined
  return stopped.get('*') ?? clients.map((client) => stopped.get(client)).find((stop) => stop !== undefined)
}
