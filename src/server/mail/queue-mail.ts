import type { Clock, Events, Log } from '#foundation'
import type { Mail } from './mail.ts'

/** Milliseconds between two mails about one queue, so that a flood of entries is no flood of mails. */
const quiet = 10 * 60 * 1000
/** Milliseconds after which the queue is looked at without being told: an event may be lost with its process. */
const interval = 60_000

/** What nobody was told of yet, in words; null when there is nothing. It counts as told unless it is given back. */
export type Untold = { message: { subject: string; text: string } | null; giveBack(): Promise<void> }

export type QueueMailDependencies = {
  mail: Mail
  /** What waits, for the log. */
  what: string
  /** Published when it changes. */
  topic: string
  take(): Promise<Untold>
  administrators: () => Promise<readonly string[]>
  events: Events
  clock: Clock
  log: Log
}

/** Tells administrators by mail that something waits for them. */
export function startQueueMail(deps: QueueMailDependencies): {
  tell(): Promise<void>
  close(): Promise<void>
} {
  const { mail, what, topic, take, administrators, events, clock, log } = deps
  let told = Number.NEGATIVE_INFINITY
  let running: Promise<void> = Promise.resolve()

  const tellOnce = async (): Promise<void> => {
    const now = clock.now().getTime()
    if (now - told < quiet) return
    const { message, giveBack } = await take()
    if (!message) return
    told = now
    try {
      const to = await administrators()
      if (to.length > 0) await mail.send({ to, ...message })
    } catch (err) {
      log.warn({ err }, `administrators could not be told by mail that ${what} wait`)
      await giveBack()
    }
  }
  const tell = (): Promise<void> => {
    running = running.then(tellOnce).catch((err: unknown) => log.warn({ err }, 'the queue could not be read'))
    return running
  }
  const timer = setInterval(() => void tell(), interval)
  timer.unref()
  const leave = events.subscribe(topic, () => void tell())
  return {
    tell,
    async close() {
      clearInterval(timer)
      leave()
      await running
    },
  }
}
