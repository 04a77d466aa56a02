import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { sentence } from '../api/client.ts'
import { Button } from './button.tsx'

/** Grey bars where words will be. Appears after 150 ms, so that quick answers never flicker. */
export function Skeleton({ lines = 6, label = 'Loading' }: { lines?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="animate-appear flex flex-col gap-3 p-1">
      {Array.from({ length: lines }, (_, line) => (
        <div
          key={line}
          className={`h-4 rounded-sm bg-hover ${line % 3 === 2 ? 'w-1/2' : line % 3 ? 'w-4/5' : ''}`}
        />
      ))}
    </div>
  )
}

/** Nothing here yet, and what to do about it. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      {icon && <div className="mb-1 text-faint">{icon}</div>}
      <h2 className="text-base font-semibold">{title}</h2>
      {children && <div className="text-sm text-muted">{children}</div>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  )
}

/** What went wrong, and the way to try again. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div role="alert" className="mx-auto flex max-w-md flex-col items-center gap-3 px-6 py-14 text-center">
      <p className="text-sm text-muted">{sentence(error)}</p>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  )
}

/** One amber line: something needs you. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <p className="flex gap-2 rounded-md border border-amber-line bg-amber-soft px-3 py-2 text-table text-amber">
      <TriangleAlert size={16} className="mt-0.5 shrink-0" aria-hidden />
      <span className="min-w-0">{children}</span>
    </p>
  )
}
