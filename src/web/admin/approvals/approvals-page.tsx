import type { ApprovalView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { useEffect } from 'react'
import { Page } from '../../shell/page.tsx'
import { EmptyState, Problem, Skeleton } from '../../ui/states.tsx'
import { ApprovalCard } from './approval-card.tsx'
import { approvalsOptions } from './approvals.ts'

const parts: { title: string; states: ApprovalView['state'][] }[] = [
  { title: 'Waiting', states: ['waiting'] },
  { title: 'Changed since you approved them', states: ['changed'] },
  { title: 'Turned away', states: ['refused', 'blocked'] },
]

/** Apps that wait for an administrator. */
export function ApprovalsPage() {
  const { data: approvals, error, refetch } = useQuery(approvalsOptions)
  useEffect(() => {
    document.title = 'Approvals · Tandem'
  }, [])
  const waits = approvals?.some(({ state }) => state === 'waiting' || state === 'changed')
  return (
    <Page
      title="Approvals"
      lead="Apps somebody here allowed that no administrator has looked at yet. Until you approve one, it can do nothing."
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !approvals ? (
        <Skeleton lines={8} />
      ) : (
        <>
          {!waits && (
            <EmptyState icon={<ShieldCheck size={28} />} title="Nothing waits for you">
              When somebody connects an app that is new here, it appears on this page and in the navigation.
            </EmptyState>
          )}
          {parts.map(({ title, states }) => {
            const some = approvals.filter(({ state }) => states.includes(state))
            return (
              some.length > 0 && (
                <section key={title} className="mt-8 first:mt-0">
                  <h2 className="mb-3 text-sm font-semibold">{title}</h2>
                  <ul className="flex flex-col gap-4">
                    {some.map((one) => (
                      <ApprovalCard key={one.client.id} approval={one} />
                    ))}
                  </ul>
                </section>
              )
            )
          })}
        </>
      )}
    </Page>
  )
}
