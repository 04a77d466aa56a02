import type { ReactNode } from 'react'
import { useHandOn } from '../ui/use-hand-on.ts'

/** `good`: there and working; `none`: nothing yet; `broken`: it has to be given again. */
export type CredentialTone = 'good' | 'none' | 'broken'

const tones: Record<CredentialTone, string> = {
  good: 'text-muted',
  none: 'text-muted',
  broken: 'text-danger',
}

/** One upstream with what a person has for it, however she proves herself there. */
export function CredentialRow({
  title,
  where,
  tone,
  state,
  actions,
  children,
}: {
  title: string
  /** Its address, in small. */
  where: string
  tone: CredentialTone
  state: ReactNode
  actions: ReactNode
  /** What opens below it. */
  children?: ReactNode
}) {
  const entry = useHandOn()
  return (
    <li ref={entry} aria-label={title} className={tone === 'broken' ? 'bg-danger-soft' : ''}>
      <div className="flex min-h-16 flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 text-table">
        <div className="min-w-0 grow basis-60">
          <h2 className="font-medium [overflow-wrap:anywhere]">
            <bdi>{title}</bdi>
          </h2>
          <p className="text-muted [overflow-wrap:anywhere]">{where}</p>
          <p className={`mt-0.5 [overflow-wrap:anywhere] ${tones[tone]}`}>{state}</p>
        </div>
        <div className="flex flex-wrap gap-2">{actions}</div>
      </div>
      {children}
    </li>
  )
}
