import { Check, X } from 'lucide-react'
import type { Capabilities } from './capabilities.ts'

/** What it can and can't do, as two short lists. Screen readers hear them change. */
export function CapabilityLists({ lists, until }: { lists: Capabilities; until: number | null }) {
  return (
    <div aria-live="polite" className="mt-5 grid gap-5 sm:grid-cols-2">
      <section aria-labelledby="can">
        <h2 id="can" className="text-table font-medium text-muted">
          It can
        </h2>
        <ul className="mt-1.5 flex flex-col gap-1.5 text-sm">
          {lists.can.map((line) => (
            <li key={line} className="flex gap-2">
              <Check size={16} className="mt-0.5 shrink-0 text-accent" aria-hidden />
              {line}
            </li>
          ))}
          {lists.can.length === 0 && <li className="text-faint">Nothing</li>}
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
      <p className="text-table text-muted sm:col-span-2">
        {until === null
          ? 'Until you end it in Connected apps.'
          : `Until ${lastDay(until)}, or until you end it.`}{' '}
        Every change it makes is in the history and can be undone.
      </p>
    </div>
  )
}

function lastDay(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000)
  return new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' }).format(at)
}
