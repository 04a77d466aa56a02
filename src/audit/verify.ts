import type { Kysely } from '#storage'
import type { Chain } from './chain.ts'
import { readForward, readHead } from './store.ts'

const pageSize = 1000

/** Walks the chain in pages, first to last, then asks the signed head whether that was all. */
export async function walkChain(
  on: Kysely<never>,
  chain: Chain,
): Promise<{ entries: number; broken: { seq: number; why: string } | null }> {
  let last = { seq: 0, hash: '' }
  let entries = 0
  const broken = (seq: number, why: string) => ({ entries, broken: { seq, why } })
  for (;;) {
    const page = await readForward(on, last.seq, pageSize)
    for (const entry of page) {
      if (entry.seq !== last.seq + 1) return broken(last.seq + 1, 'the entry is missing')
      if (entry.prev !== last.hash) return broken(entry.seq, 'it does not follow from the entry before it')
      if (chain.hash(entry) !== entry.hash) return broken(entry.seq, 'its content was changed')
      last = { seq: entry.seq, hash: entry.hash }
      entries++
    }
    if (page.length === pageSize) continue
    // The head moves in the same transaction as its entries: read after them, it is never behind.
    const head = await readHead(on, 'look')
    if (!head) return broken(last.seq, 'the head of the chain is missing')
    if (head.seq > last.seq) {
      if ((await readForward(on, last.seq, 1)).length > 0) continue
      return broken(last.seq + 1, 'the newest entries are missing')
    }
    if (head.seq < last.seq) return broken(head.seq + 1, 'the head does not know this entry')
    if (head.mac === null && head.seq === 0) return { entries, broken: null }
    if (head.hash !== last.hash) return broken(last.seq, 'the head names another entry')
    if (!chain.vouches(head)) return broken(last.seq, 'the head was not signed by this install')
    return { entries, broken: null }
  }
}
