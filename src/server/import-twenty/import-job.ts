import { AddressRefused, SetupError, reportUnexpected } from '#foundation'
import { UpstreamTrouble } from '#gateway'
import type { ImportDependencies, ImportOrder } from './import-twenty.ts'
import type { ImportReport } from './report.ts'

export type ImportStatus = {
  state: 'idle' | 'running' | 'done' | 'failed'
  /** What it is reading now. */
  doing: string
  report: ImportReport | null
  /** Why it stopped, in a sentence for people. */
  failure: string | null
}

/** The one import of this process. It goes on when whoever began it looks away. */
export interface ImportJob {
  /** Begins, or joins the one that runs. */
  begin(order: ImportOrder): ImportStatus
  status(): ImportStatus
  /** Stops it between two questions. Resolves when nothing runs. */
  stop(): Promise<void>
}

export function createImportJob(deps: ImportDependencies): ImportJob {
  let status: ImportStatus = { state: 'idle', doing: '', report: null, failure: null }
  let running: Promise<void> | undefined
  const stopping = new AbortController()

  const run = async (order: ImportOrder): Promise<void> => {
    try {
      await deps.outward.check(order.url)
      // Loaded when first needed: most installs never import.
      const { importTwenty } = await import('./import-twenty.ts')
      const report = await importTwenty(
        deps,
        order,
        (far, doing) => {
          status = { state: 'running', doing, report: far, failure: null }
        },
        stopping.signal,
      )
      status = { state: 'done', doing: '', report, failure: null }
    } catch (error) {
      const failure = stopping.signal.aborted
        ? 'Tandem stopped. Run the command again: it goes on where it was'
        : sentenceFor(error, deps.log)
      status = { ...status, state: 'failed', failure }
    }
  }
  return {
    begin(order) {
      if (!URL.canParse(order.url)) throw new SetupError(`${order.url.slice(0, 200)} is no address`)
      if (!running) {
        status = { state: 'running', doing: 'asking Twenty', report: null, failure: null }
        running = run(order).finally(() => (running = undefined))
      }
      return status
    },
    status: () => status,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

function sentenceFor(error: unknown, log: ImportDependencies['log']): string {
  if (error instanceof AddressRefused)
    return `${error.message}. If it is a server of yours, list it in TANDEM_UPSTREAM_HOSTS`
  // Its class is loaded with the import only.
  if (error instanceof Error && error.name === 'TwentyRefusal') return `Twenty refuses: ${error.message}`
  if (error instanceof UpstreamTrouble)
    return `Twenty ${error.why}. Run the command again: it goes on where it stopped`
  return `Something went wrong (${reportUnexpected(log, error, 'import')}). Run the command again: it goes on where it stopped`
}
