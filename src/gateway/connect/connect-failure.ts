import type { ConnectProblem } from '#contract'

/** Why a connection didn't come about. The page has a sentence for the problem; `why` is for the log, never a secret. */
export class ConnectFailure extends Error {
  override name = 'ConnectFailure'
  readonly problem: ConnectProblem
  constructor(problem: ConnectProblem, why: string, options: ErrorOptions = {}) {
    super(why, options)
    this.problem = problem
  }
}

/** What a library or the network said, in words that hold nothing of what was sent or answered. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  // oauth4webapi keeps requests and answers in `cause`; its messages name members only.
  return `${error.name}: ${error.message}`.slice(0, 300)
}
