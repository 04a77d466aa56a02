import type { Log } from '#foundation'
import type { Storage } from '#storage'
import type { Chain, ChainedEntry } from './chain.ts'
import { insertEntries, insertInboxAgain, isInboxEmpty, readHead, takeInbox, writeHead } from './store.ts'
import type { InboxRow } from './store.ts'

const batch = 1000

/** Moves the inbox, and the rows given, into the chain. The head's row lock lets one replica at a time do it. */
export type Chainer = {
  /** Resolves to how many entries it chained; `blocked` when the head is not one that this install signed. */
  pass(notes: InboxRow[]): Promise<{ chained: number; blocked: boolean }>
}

export function createChainer(storage: Storage, chain: Chain, log: Log): Chainer {
  let seen = 0
  let warned = false
  return {
    async pass(notes) {
      // Locking a row costs a write: an idle install doesn't pay it.
      if (notes.length === 0 && (await isInboxEmpty(storage.db<never>())))
        return { chained: 0, blocked: false }
      const done = await storage.transaction<never, { chained: number; blocked: boolean; seq: number }>(
        async (tx) => {
          if (notes.length > 0) await insertInboxAgain(tx, notes)
          const head = await readHead(tx, 'lock')
          // Extending a chain that somebody cut would vouch for the cut: entries wait in the inbox instead.
          const fresh = head?.seq === 0 && head.mac === null && seen === 0
          if (!head || head.seq < seen || !(fresh || chain.vouches(head)))
            return { chained: 0, blocked: true, seq: seen }
          const entries: ChainedEntry[] = []
          let last = { seq: head.seq, hash: head.hash }
          for (const row of await takeInbox(tx, batch)) {
            const entry = { ...row, seq: last.seq + 1, prev: last.hash }
            const hash = chain.hash(entry)
            entries.push({ ...entry, hash })
            last = { seq: entry.seq, hash }
          }
          if (entries.length > 0) {
            await insertEntries(tx, entries)
            await writeHead(tx, { ...last, mac: chain.sign(last.seq, last.hash) })
          }
          return { chained: entries.length, blocked: false, seq: last.seq }
        },
      )
      seen = Math.max(seen, done.seq)
      if (done.blocked && !warned) {
        log.error(
          'the head of the audit chain was changed from outside: entries wait. Run `tandem audit verify`',
        )
      }
      warned = done.blocked
      return { chained: done.chained, blocked: done.blocked }
    },
  }
}
