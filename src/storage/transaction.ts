import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'

/** The transaction this asynchronous context runs in, while it runs. */
type Scope = { open: boolean; afterCommit: (() => void)[] }

const scopes = new AsyncLocalStorage<Scope>()

/** Serialization failures; and the embedded database restarted before anything was committed. */
const retryable = new Set(['40001', '40P01', '57P01'])
const attempts = 6
/** Events numbered within a transaction are looked for this long (see outbox), so none may commit later. */
const longestMs = 120_000

/**
 * Throws when a connection is asked for from inside a transaction: the embedded database has one
 * session, which that transaction holds, so the caller would wait for itself.
 */
export function refuseInsideTransaction(): void {
  if (scopes.getStore()?.open) {
    throw new Error(
      'The database was asked through `db` (or a second `transaction`) inside `transaction`. Use the handle the transaction gives.',
    )
  }
}

/** Calls back once the surrounding transaction has committed. False when there is none. */
export function afterCommit(callback: () => void): boolean {
  const scope = scopes.getStore()
  if (!scope?.open) return false
  scope.afterCommit.push(callback)
  return true
}

/** Runs `work` in one transaction, whole again when the database asks for it. */
export async function runTransaction<Tables, T>(
  db: Kysely<Tables>,
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const scope: Scope = { open: true, afterCommit: [] }
    try {
      const result = await db.transaction().execute((tx) =>
        scopes.run(scope, async () => {
          const began = performance.now()
          try {
            const value = await work(tx)
            if (performance.now() - began > longestMs) {
              throw new Error(`A transaction ran longer than ${longestMs / 1000} s and was rolled back`)
            }
            return value
          } finally {
            scope.open = false
          }
        }),
      )
      for (const callback of scope.afterCommit) callback()
      return result
    } catch (error) {
      if (attempt >= attempts || !isRetryable(error)) throw error
      await sleep(2 ** attempt * (5 + Math.random() * 10))
    }
  }
}

function isRetryable(error: unknown): boolean {
  // 0A000 from there: a schema change of another transaction outdated a prepared statement.
  const outdatedPlan =
    error instanceof Error && 'routine' in error && error.routine === 'RevalidateCachedQuery'
  return outdatedPlan || retryable.has(sqlState(error))
}

/** The SQLSTATE of a database error, or ''. */
export function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
