import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { useEffect } from 'react'
import { membersOptions } from '../api/queries.ts'
import { Page } from '../shell/page.tsx'
import { Button } from '../ui/button.tsx'
import { EmptyState, Problem, Skeleton } from '../ui/states.tsx'
import { AuditExport } from './audit-export.tsx'
import { AuditFilters } from './audit-filters.tsx'
import { AuditRow } from './audit-row.tsx'
import { auditOptions } from './audit-search.ts'
import { ChainStatus } from './chain-status.tsx'

const route = getRouteApi('/settings/audit')

/** The record of what happened, for administrators: searched, followed, taken along, and proven whole. */
export function AuditPage() {
  const search = route.useSearch()
  const { data: members = [] } = useQuery(membersOptions)
  const audit = useInfiniteQuery(auditOptions(search))
  useEffect(() => {
    document.title = 'Audit · Tandem'
  }, [])
  const entries = audit.data?.pages.flat() ?? []
  return (
    <Page
      wide
      title="Audit"
      lead="Sign-ins, permissions, refusals, tool calls and changes. Each line is chained to the one before, so nobody can alter one unnoticed."
      action={<AuditExport search={search} />}
    >
      <ChainStatus />
      <AuditFilters search={search} members={members} />
      {audit.isError ? (
        <Problem error={audit.error} retry={() => void audit.refetch()} />
      ) : audit.isPending ? (
        <Skeleton lines={12} />
      ) : entries.length === 0 ? (
        <EmptyState icon={<ScrollText size={28} />} title="Nothing fits">
          No entry fits these filters.
        </EmptyState>
      ) : (
        <div
          className="relative overflow-x-auto rounded-md border border-line"
          tabIndex={0}
          role="region"
          aria-label="Audit entries"
        >
          <table className="w-full text-left text-table">
            <thead className="text-xs text-faint">
              <tr>
                {['When', 'Who', 'What', 'Of what', 'From', ''].map((head) => (
                  <th key={head} scope="col" className="px-3 py-2 font-medium whitespace-nowrap">
                    {head || <span className="sr-only">More</span>}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line border-t border-line">
              {entries.map((entry) => (
                <AuditRow key={entry.seq} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {audit.hasNextPage && (
        <Button className="mt-4" disabled={audit.isFetching} onClick={() => void audit.fetchNextPage()}>
          Show earlier entries
        </Button>
      )}
    </Page>
  )
}
