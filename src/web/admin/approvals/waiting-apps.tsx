import { useQuery } from '@tanstack/react-query'
import { approvalCountOptions } from './approvals.ts'

/** How many apps wait for an administrator; nothing when none does. */
export function WaitingApps() {
  const { data: count = 0 } = useQuery(approvalCountOptions)
  if (count === 0) return null
  return (
    <span className="ml-auto rounded-full bg-amber-soft px-1.5 text-xs leading-5 font-medium text-amber tabular-nums md:group-data-[slim=true]:hidden">
      {count}
      <span className="sr-only"> {count === 1 ? 'app waits' : 'apps wait'} for approval</span>
    </span>
  )
}
