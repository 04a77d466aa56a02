import { Check, X } from 'lucide-react'
import type { ConsentView } from '#contract'
import { shortDay } from '../ui/time.ts'
import type { Capabilities } from './capabilities.ts'

/** What it can and can't do, as two short lists. Screen readers hear them change. */
type Props = { view: ConsentView; lists: Capabilities; until: number | null }

export function CapabilityLists({ view, lists, until }: Props) {
  const { remembered } = view
  return (
    <div aria-live="polite" className="mt-5 grid gap-5 sm:grid-cols-2">
      <section aria-labelledby="can">
        <h2 id="can" className="text-table font-medium text-muted">
          {lists.already.length > 0 ? 'New: it can' : 'It can'}
        </h2>
        <ul className="mt-1.5 flex flex-col gap-1.5 text-sm">
          {lists.can.map((line) => (
            <li key={line} className="flex gap-2">
              <Check size={16} className="mt-0.5 shrink-0 text-accent" aria-hidden />
              {line}
            </li>
          ))}
          {lists.can.length === 0 && (
            <li className="text-faint">
              {lists.already.length > 0 ? 'Nothing more than before' : 'Nothing'}
            </li>
          )}
        </ul>
      </section>
      <section aria-labelledby="cannot">
        <h2 id="cannot" className="text-table font-medium text-muted">
          It can’t
        </h2>
        <ul className="mt-1.5 flex flex-col gap-1.5 text-sm text-muted">
          {lists.cannot.map((line) => (
            <li key={line} className="flex gap-2">
              <X size={16} className="mt-0.5 shrink-0 text-faint" aria-hidden />
              {line}
            </li>
          ))}
        </ul>
      </section>
      {remembered && lists.already.length > 0 && (
        <details className="text-sm sm:col-span-2">
          <summary className="cursor-pointer rounded-sm text-table text-muted">
            You allowed {lists.already.length === 1 ? 'one thing' : `${lists.already.length} things`} before,
            on {shortDay(remembered.since)}
          </summary>
          <ul className="mt-1.5 flex flex-col gap-1.5 text-muted">
            {lists.already.map((line) => (
              <li key={line} className="flex gap-2">
                <Check size={16} className="mt-0.5 shrink-0 text-faint" aria-hidden />
                {line}
              </li>
            ))}
          </ul>
        </details>
      )}
      <p className="text-table text-muted sm:col-span-2">
        {until === null
          ? 'Until you end it in Connected apps.'
          : `Until ${lastDay(until)}, or until you end it.`}{' '}
        {!view.signInOnly &&
          (view.elsewhere
            ? `Every call is in the record. What it changes in ${view.resource} only ${view.resource} can undo.`
            : 'Every change it makes is in the history and can be undone.')}
      </p>
    </div>
  )
}

function lastDay(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000)
  return new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' }).format(at)
}
