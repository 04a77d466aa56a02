import type { Clock, Log } from '#foundation'
import type { KeptDecision, PolicyStore } from './policy-store.ts'

/** Milliseconds between two writes: people ask "why was this refused?" later than that. */
const interval = 1000
/** Different decisions held at once. A flood of new ones loses the rest: the refusals themselves happened. */
const mostHeld = 2000
/** Rows written by this process between two trims, so that no flood outgrows the sweeper (attacks D9). */
const trimEvery = 1000

export type DecisionLog = {
  note(decision: Omit<KeptDecision, 'firstAt' | 'at' | 'times'>): void
  flush(): Promise<void>
  close(): Promise<void>
}

/** Gathers decisions and writes them together: the same one a thousand times is one row with a count. */
export function createDecisionLog(
  store: Pick<PolicyStore, 'keepDecisions' | 'trimDecisions'>,
  clock: Clock,
  log: Log,
): DecisionLog {
  let held = new Map<string, KeptDecision>()
  let written = 0
  let writing = Promise.resolve()

  const write = async (decisions: KeptDecision[]): Promise<void> => {
    try {
      await store.keepDecisions(decisions)
      written += decisions.length
      if (written < trimEvery) return
      written = 0
      await store.trimDecisions(clock.now())
    } catch (err) {
      log.warn({ err }, 'decisions of the client policy not written')
    }
  }
  const flush = (): Promise<void> => {
    if (held.size > 0) {
      const decisions = [...held.values()]
      held = new Map()
      writing = writing.then(() => write(decisions))
    }
    return writing
  }
  const timer = setInterval(() => void flush(), interval)
  timer.unref()

  return {
    note(decision) {
      const { subject, stage, outcome, rule, redirect } = decision
      const key = JSON.stringify([subject, stage, outcome, rule, redirect])
      const before = held.get(key)
      if (!before && held.size >= mostHeld) return
      const at = clock.now()
      held.set(key, {
        ...decision,
        at,
        firstAt: before?.firstAt ?? at,
        times: (before?.times ?? 0) + 1,
      })
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
