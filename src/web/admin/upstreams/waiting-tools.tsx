import { useQuery } from '@tanstack/react-query'
import { waitingToolsOptions } from './upstreams.ts'

/** How many tools wait for an administrator; nothing when none does. */
export function WaitingTools() {
  const { data: count = 0 } = useQuery(waitingToolsOptions)
  if (count === 0) return null
  return (
    <span className="ml-auto rounded-full bg-amber-soft px-1.5 text-xs leading-5 font-medium text-amber tabular-nums md:group-data-[slim=true]:hidden">
      {count}
      <span className="sr-only"> {count === 1 ? 'tool waits' : 'tools wait'} for a review</span>
    </span>
  )
}
