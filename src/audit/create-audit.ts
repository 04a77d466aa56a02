import { newId } from '#foundation'
import type { Clock, Log } from '#foundation'
import type { Storage } from '#storage'
import type { Audit, AuditEntry } from './audit.ts'
import { bodyOf } from './body.ts'
import { createChain } from './chain.ts'
import type { ChainedEntry } from './chain.ts'
import { createChainer } from './chainer.ts'
import { compareCheckpoint, keepCheckpoint, lastCheckpoint } from './checkpoint.ts'
import { countEntries, grantDeeds, searchEntries } from './search.ts'
import { countInbox, insertInbox, readHead } from './store.ts'
import type { InboxRow } from './store.ts'
import { walkChain } from './verify.ts'

const interval = 100
// After this many quiet passes only the slow look for rows that other replicas left behind.
const quietPasses = 10
const slowPasses = 30
// A pass takes this many notes, so that neither this thread nor the database stands still for a flood of them.
const notesPerPass = 1000
// Passes for one call: a flood that doesn't end must not hold up whoever waits for the list.
const mostPasses = 50

export type AuditDependencies = {
  storage: Storage
  clock: Clock
  log: Log
  secret: string
  /** Notes that may wait in memory; more are counted and dropped. */
  maxNotes?: number
}

/** The hash-chained record. Starts a timer; {@link Audit.close} ends it and writes what waits. */
export function createAudit({ storage, clock, log, secret, maxNotes = 20_000 }: AuditDependencies): Audit {
  const chain = createChain(secret)
  const chainer = createChainer(storage, chain, log)
  const db = storage.db<never>()
  const notes: { entry: AuditEntry; at: Date }[] = []
  let dropped = 0
  let quiet = 0
  let running: Promise<void> = Promise.resolve()
  let closed = false

  const row = (entry: AuditEntry): InboxRow => {
    quiet = 0
    return { id: newId('aud'), at: clock.now(), body: bodyOf(entry) }
  }

  /** Rows of the oldest notes, and of the gap behind the last one when there were too many. */
  const takeNotes = (): InboxRow[] => {
    const taken = notes.splice(0, notesPerPass).map(({ entry, at }) => ({ ...row(entry), at }))
    if (dropped > 0 && notes.length === 0) {
      log.warn({ dropped }, 'audit entries were dropped: they came faster than the database takes them')
      taken.push(
        row({ event: 'audit.overflowed', outcome: 'failed', actor: { kind: 'system' }, detail: { dropped } }),
      )
      dropped = 0
    }
    return taken
  }

  // Rows of the pass that runs, or that failed: those come first again.
  let waiting: InboxRow[] = []
  const pass = async (): Promise<void> => {
    for (let turn = 0; turn < mostPasses; turn++) {
      if (waiting.length === 0) waiting = takeNotes()
      const { chained, blocked } = await chainer.pass(waiting)
      waiting = []
      quiet = chained > 0 ? 0 : quiet + 1
      if (notes.length === 0 && dropped === 0 && (chained === 0 || blocked)) return
    }
  }
  // One pass at a time: a failed one keeps its rows for the next.
  const chainNow = (): Promise<void> => {
    const next = running.then(pass)
    running = next.catch((error: unknown) =>
      log.error({ err: error }, 'audit entries could not be written yet'),
    )
    return next
  }

  const search: Audit['search'] = async (filter, { limit, before }) => {
    await chainNow()
    return (await searchEntries(db, filter, { before: before ?? null, limit })).map(listed)
  }

  let busy = false
  let ticks = 0
  const timer = setInterval(() => {
    ticks++
    if (
      busy ||
      (notes.length === 0 && waiting.length === 0 && quiet > quietPasses && ticks % slowPasses !== 0)
    )
      return
    busy = true
    void chainNow()
      .catch(() => undefined)
      .finally(() => (busy = false))
  }, interval)
  timer.unref()

  return {
    record: (tx, entry) => insertInbox(tx, row(entry)),
    row,
    note(entry) {
      if (notes.length + waiting.length < maxNotes) notes.push({ entry, at: clock.now() })
      else dropped++
    },
    async verify() {
      await chainNow()
      return { ...(await walkChain(db, chain)), unchained: await countInbox(db) }
    },
    list: (options) => search({}, options),
    search,
    async count(filter, most) {
      await chainNow()
      return countEntries(db, filter, most)
    },
    async deeds(grants, since) {
      await chainNow()
      return grantDeeds(db, grants, since)
    },
    async check(kept) {
      await chainNow()
      const walked = await walkChain(db, chain)
      return {
        ...walked,
        unchained: await countInbox(db),
        checkpoint: walked.broken ? await lastCheckpoint(db) : await keepCheckpoint(db, clock.now()),
        disagrees: kept === undefined ? null : await compareCheckpoint(db, chain, kept),
      }
    },
    async status() {
      await chainNow()
      const head = await readHead(db, 'look')
      return {
        entries: head?.seq ?? 0,
        unchained: await countInbox(db),
        checkpoint: await lastCheckpoint(db),
      }
    },
    async close() {
      if (closed) return
      closed = true
      clearInterval(timer)
      await chainNow()
    },
  }
}

// Only bodyOf writes bodies; a row changed from outside is verify's to find, not the list's to choke on.
const listed = ({ seq, at, body }: ChainedEntry) => ({ ...(body as AuditEntry), seq, at })
