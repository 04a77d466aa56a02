import type { Clock, Log } from '#foundation'
import type { ClientDirectory } from './client-directory.ts'

/** Milliseconds between two writes: what is written is a day. */
const interval = 5000
const day = 24 * 60 * 60 * 1000
const most = 20_000

/** Gathers which clients were issued tokens today; each costs one write a day and replica. */
export function createLastIssued(store: Pick<ClientDirectory, 'touch'>, clock: Clock, log: Log) {
  const written = new Map<string, number>()
  let waiting = new Set<string>()
  const today = () => Math.floor(clock.now().getTime() / day) * day
  const flush = async (): Promise<void> => {
    if (waiting.size === 0) return
    const ids = [...waiting]
    const at = today()
    waiting = new Set()
    try {
      await store.touch(ids, new Date(at))
    } catch (err) {
      for (const id of ids) written.delete(id)
      log.warn({ err }, 'last use of clients not written')
    }
  }
  const timer = setInterval(() => void flush(), interval)
  timer.unref()
  return {
    mark(id: string): void {
      const at = today()
      if (written.get(id) === at) return
      if (written.size >= most) written.clear()
      written.set(id, at)
      waiting.add(id)
    },
    flush,
    async close(): Promise<void> {
      clearInterval(timer)
      await flush()
    },
  }
}
