import type { ReactNode } from 'react'

/** A page of words and lists, in a readable column. */
export function Page({
  title,
  lead,
  action,
  wide = false,
  children,
}: {
  title: string
  lead?: ReactNode
  action?: ReactNode
  /** For tables. */
  wide?: boolean
  children: ReactNode
}) {
  return (
    <main className="min-h-0 grow overflow-y-auto">
      <div className={`mx-auto w-full px-4 py-6 sm:px-8 sm:py-10 ${wide ? 'max-w-6xl' : 'max-w-3xl'}`}>
        <header className="flex items-start justify-between gap-x-6 gap-y-3 max-sm:flex-col">
          <div className="min-w-0">
            <h1 tabIndex={-1} className="text-title font-semibold outline-none [overflow-wrap:anywhere]">
              {title}
            </h1>
            {lead && <p className="mt-1 max-w-xl text-sm text-muted">{lead}</p>}
          </div>
          {action}
        </header>
        <div className="mt-6">{children}</div>
      </div>
    </main>
  )
}

/** A part of a page, with its own heading. */
export function Section({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <section className="mt-8 first:mt-0">
      <h2 className="text-sm font-semibold">{title}</h2>
      {lead && <p className="mt-0.5 text-table text-muted">{lead}</p>}
      <div className="mt-3">{children}</div>
    </section>
  )
}
