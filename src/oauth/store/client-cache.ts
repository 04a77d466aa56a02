import type { Events } from '#foundation'
import type { Client } from '../clients/client.ts'

const most = 5000

/**
 * Clients as read last. Only found ones are kept, so nobody can fill it with guesses, and a client that
 * changed, here or on another replica, is read anew.
 */
export function clientCache(events: Events, topic: string) {
  const kept = new Map<string, Client>()
  let changes = 0
  const forget = (id?: string) => {
    // A read that began before the change must not put the old client back.
    changes++
    if (id === undefined) kept.clear()
    else kept.delete(id)
  }
  const unsubscribe = [events.subscribe(topic, ({ id }) => forget(id)), events.onGap(() => forget())]

  return {
    async through(id: string, read: () => Promise<Client | undefined>): Promise<Client | undefined> {
      const known = kept.get(id)
      if (known) return known
      const before = changes
      const found = await read()
      if (found && before === changes) {
        const [oldest] = kept.keys()
        if (kept.size >= most && oldest !== undefined) kept.delete(oldest)
        kept.set(id, found)
      }
      return found
    },
    forget,
    close: () => unsubscribe.forEach((leave) => leave()),
  }
}
