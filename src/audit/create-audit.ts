import { newId } from '#foundation'
import type { Clock, Log } from '#foundation'
import type { Storage } from '#storage'
import type { Audit, AuditEntry } from './audit.ts'
import { bodyOf } from './body.ts'
import { createChain } from './chain.ts'
import type { ChainedEntry } from './chain.ts'
import { createChainer } from './chainer.ts'
import { countInbox, insertInbox, readBackward } from './store.ts'
import type { InboxRow } from './store.ts'
import { walkChain } from './verify.ts'

const interval = 100
// After this many quiet passes only the slow look for rows that other replicas left behind.
const quietPasses = 10
const slowPasses = 30
const maxNotes = 20_000

export type AuditDependencies = { storage: Storage; clock: Clock; log: Log; secret: string }

/** The hash-chained record. Starts a timer; {@link Audit.close} ends it and writes what waits. */
export function createAudit({ storage, clock, log, secret }: AuditDependencies): Audit {
  const chain = createChain(secret)
  const chainer = createChainer(storage, chain, log)
  const db = storage.db<never>()
  let notes: { entry: AuditEntry; at: Date }[] = []
  let dropped = 0
  let quiet = 0
  let running: Promise<void> = Promise.resolve()
  let closed = false

  const row = (entry: AuditEntry): InboxRow => {
    quiet = 0
    return { id: newId('aud'), at: clock.now(), body: bodyOf(entry) }
  }

  /** Rows of the notes that wait, and of the gap when there were too many of them. */
  const takeNotes = (): InboxRow[] => {
    const taken = notes.map(({ entry, at }) => ({ ...row(entry), at }))
    notes = []
    if (dropped > 0) {
      log.warn({ dropped }, 'audit entries were dropped: they came faster than the database takes them')
      taken.push(
        row({ event: 'audit.overflowed', outcome: 'failed', actor: { kind: 'system' }, detail: { dropped } }),
      )
      dropped = 0
    }
    return taken
  }

  let waiting: InboxRow[] = []
  const pass = async (): Promise<void> => {
    waiting = [...waiting, ...takeNotes()]
    const { chained, blocked } = await chainer.pass(waiting)
    waiting = []
    quiet = chained > 0 ? 0 : quiet + 1
    if (chained > 0 && !blocked) await pass()
  }
  // One pass at a time: a failed one keeps its rows for the next.
  const chainNow = (): Promise<void> => {
    const next = running.then(pass)
    running = next.catch((error: unknown) =>
      log.error({ err: error }, 'audit entries could not be written yet'),
    )
    return next
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
    async list({ limit, before }) {
      await chainNow()
      return (await readBackward(db, before ?? null, limit)).map(listed)
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
