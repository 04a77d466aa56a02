import type { ClientView } from '#contract'
import { stateNames } from './app-search.ts'

const looks: Record<ClientView['state'], string> = {
  waiting: 'bg-amber-soft text-amber',
  approved: 'bg-accent-soft text-accent',
  blocked: 'bg-danger-soft text-danger',
  unapproved: 'bg-hover text-muted',
}

export function AppState({ state }: { state: ClientView['state'] }) {
  return (
    <span className={`rounded-sm px-1.5 text-xs leading-5 font-medium whitespace-nowrap ${looks[state]}`}>
      {stateNames[state]}
    </span>
  )
}
