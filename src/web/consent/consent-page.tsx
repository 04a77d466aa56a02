import type { ConsentAnswer, ConsentDecision, ConsentView } from '#contract'
import { useEffect, useState } from 'react'
import { ApiFailure, api, sentence } from '../api/client.ts'
import { signInPath } from '../api/next.ts'
import { Logo } from '../ui/logo.tsx'
import { Skeleton } from '../ui/states.tsx'
import { ConsentCard } from './consent-card.tsx'
import { Waiting } from './waiting.tsx'

type Loaded = { view: ConsentView } | { problem: string } | { app: string; next: string } | null

/** Loads one interaction, shows it, and sends the answer once. */
export function ConsentPage({ id }: { id: string }) {
  const [loaded, setLoaded] = useState<Loaded>(null)
  const path = `/interactions/${encodeURIComponent(id)}`

  useEffect(() => {
    document.title = 'Connect an app · Tandem'
    const abort = new AbortController()
    api<ConsentView>('GET', path, undefined, abort.signal).then(
      (view) => setLoaded({ view }),
      (error: unknown) => {
        if (abort.signal.aborted) return
        if (error instanceof ApiFailure && error.status === 401) location.replace(signInPath())
        else setLoaded({ problem: explain(error) })
      },
    )
    return () => abort.abort()
  }, [path])

  async function decide(view: ConsentView, decision: ConsentDecision): Promise<string | null> {
    try {
      const { location: next } = await api<ConsentAnswer>('POST', `${path}/decision`, decision)
      // A device's own page says the same.
      const waits = decision.decision === 'allow' && view.needsAdministrator && view.device === null
      if (waits) setLoaded({ app: view.client.name, next })
      else location.assign(next)
      return null
    } catch (error) {
      if (error instanceof ApiFailure && [404, 409, 410].includes(error.status)) {
        setLoaded({ problem: explain(error) })
        return null
      }
      return sentence(error)
    }
  }

  return (
    <main className="mx-auto flex min-h-full w-full max-w-[488px] flex-col px-4 py-6 sm:py-12">
      <div className="mb-5 flex items-center gap-2 text-table font-medium text-muted">
        <Logo size={18} /> Tandem
      </div>
      {loaded === null ? (
        <Skeleton lines={9} label="Loading the request" />
      ) : 'problem' in loaded ? (
        <Ended message={loaded.problem} />
      ) : 'next' in loaded ? (
        <Waiting app={loaded.app} next={loaded.next} />
      ) : (
        <ConsentCard view={loaded.view} decide={(decision) => decide(loaded.view, decision)} />
      )}
    </main>
  )
}

function Ended({ message }: { message: string }) {
  return (
    <div role="alert">
      <h1 className="text-title font-semibold">This request can’t be answered</h1>
      <p className="mt-2 text-sm text-muted">{message}</p>
      <p className="mt-4 text-sm">
        <a className="font-medium text-accent underline underline-offset-2" href="/connected-apps">
          See the apps you have connected
        </a>
      </p>
    </div>
  )
}

function explain(error: unknown): string {
  if (error instanceof ApiFailure && [404, 409, 410].includes(error.status)) {
    return 'It has expired, was answered already, or belongs to another browser. Nothing was granted here. Go back to the app and connect again.'
  }
  return sentence(error)
}
