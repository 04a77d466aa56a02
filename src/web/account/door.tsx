import { useEffect, type ReactNode } from 'react'
import { Logo } from '../ui/logo.tsx'

/** The frame of a page for people who aren't in yet. */
export function Door({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Tandem`
  }, [title])
  return (
    <main className="mx-auto flex min-h-full w-full max-w-[392px] flex-col justify-center px-4 py-10">
      <div className="mb-6 flex items-center gap-2 text-sm font-semibold">
        <Logo size={22} /> Tandem
      </div>
      <h1 className="text-title font-semibold">{title}</h1>
      {lead && <p className="mt-1 text-sm text-muted">{lead}</p>}
      <div className="mt-5 pb-[8vh]">{children}</div>
    </main>
  )
}
