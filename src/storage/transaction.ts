import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'

/** Serialization failures; and the embedded database restarted before anything was committed. */
const retryable = new Set(['40001', '40P01', '57P01'])
const attempts = 6
/** Events numbered within a transaction are looked for this long (see outbox), so none may commit later. */
const longestMs = 120_000

/** The transaction an asynchronous context runs in, while it runs. */
type Scope = { open: boolean; afterCommit: (() => void)[] }

/** One database's transactions, and who is inside one. */
export class Transactions {
  readonly #scopes = new AsyncLocalStorage<Scope>()

  /**
   * Throws when a connection is asked for from inside a transaction: the embedded database has one
   * session, which that transaction holds, so the caller would wait for itself.
   */
  refuseInside(): void {
    if (this.#scopes.getStore()?.open) {
      throw new Error(
        'The database was asked through `db` (or a second `transaction`) inside `transaction`. Use the handle the transaction gives.',
      )
    }
  }

  /** Calls back when what `on` writes is committed: with its transaction, or now. */
  onceCommitted(on: Kysely<never>, callback: () => void): void {
    if (!on.isTransaction) {
      this.refuseInside()
      callback()
      return
    }
    const scope = this.#scopes.getStore()
    if (!scope?.open)
      throw new Error('publish was given a transaction that `storage.transaction` did not begin')
    scope.afterCommit.push(callback)
  }

  /** Runs `work` in one transaction, whole again when the database asks for it. */
  async run<Tables, T>(db: Kysely<Tables>, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const scope: Scope = { open: true, afterCommit: [] }
      try {
        const result = await db
          .transaction()
          .execute((tx) =>
            this.#scopes.run(scope, () => timed(() => work(tx)).finally(() => (scope.open = false))),
          )
        for (const callback of scope.afterCommit) callback()
        return result
      } catch (error) {
        if (attempt >= attempts || !isRetryable(error)) throw error
        await sleep(2 ** attempt * (5 + Math.random() * 10))
      }
    }
  }
}

async function timed<T>(work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const value = await work()
  if (performance.now() - began > longestMs) {
    throw new Error(`A transaction ran longer than ${longestMs / 1000} s and was rolled back`)
  }
  return value
}

function isRetryable(error: unknown): boolean {
  // 0A000 from there: a schema change of another transaction outdated a prepared statement.
  const outdatedPlan =
    error instanceof Error && 'routine' in error && error.routine === 'RevalidateCachedQuery'
  return outdatedPlan || retryable.has(sqlState(error))
}

/** The SQLSTATE of a database error, or ''. */
function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
