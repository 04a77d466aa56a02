import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Hexagon } from 'lucide-react'
import { useEffect, useState } from 'react'
import { membersOptions } from '../api/queries.ts'
import { Page } from '../shell/page.tsx'
import { Button } from '../ui/button.tsx'
import { EmptyState, Problem, Skeleton } from '../ui/states.tsx'
import { Checkbox } from '../ui/switch.tsx'
import { EndGrants } from './end-grants.tsx'
import { GrantFilters } from './grant-filters.tsx'
import { GrantRow } from './grant-row.tsx'
import { grantSearchOptions } from './grant-search.ts'

const route = getRouteApi('/settings/grants')

/** Everybody's grants, for administrators: found by person, app, kind and state, ended one by one or many at once. */
export function GrantsPage() {
  const search = route.useSearch()
  const { data: members = [] } = useQuery(membersOptions)
  const found = useInfiniteQuery(grantSearchOptions(search))
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  useEffect(() => {
    document.title = 'Access · Tandem'
  }, [])
  const grants = found.data?.pages.flatMap((page) => page.grants) ?? []
  const total = found.data?.pages[0]?.total ?? 0
  const live = grants.filter(({ status }) => status !== 'ended')
  const chosen = live.filter(({ id }) => selected.has(id))
  const nameOf = (id: string) => members.find((member) => member.id === id)?.name ?? 'Somebody who left'

  function select(id: string, on: boolean) {
    const next = new Set(selected)
    if (on) next.add(id)
    else next.delete(id)
    setSelected(next)
  }
  return (
    <Page
      wide
      title="Access"
      lead="Every permission that people here gave to apps. Ending one ends all that was issued from it, within a second."
    >
      <GrantFilters search={search} members={members} />
      {found.isError ? (
        <Problem error={found.error} retry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Skeleton lines={10} />
      ) : grants.length === 0 ? (
        <EmptyState
          icon={<Hexagon size={28} />}
          title={
            Object.keys(search).length > 0
              ? 'No permission fits these filters'
              : 'Nobody has connected an app yet'
          }
        />
      ) : (
        <>
          <EndGrants
            search={search}
            chosen={chosen}
            total={total}
            nameOf={nameOf}
            onDone={() => setSelected(new Set())}
          />
          <div
            role="region"
            aria-label="Permissions"
            tabIndex={0}
            className="relative overflow-x-auto rounded-md border border-line"
          >
            <table className="w-full text-left text-table">
              <thead className="text-xs text-faint">
                <tr>
                  <th scope="col" className="w-9 py-2 pl-3">
                    <Checkbox
                      label="Select all that are shown"
                      checked={live.length > 0 && chosen.length === live.length}
                      some={chosen.length > 0}
                      onChange={(on) => setSelected(new Set(on ? live.map(({ id }) => id) : []))}
                    />
                  </th>
                  {['App', 'Person', 'State', 'Came by', 'May', 'Last used', 'From', ''].map((head) => (
                    <th key={head} scope="col" className="px-3 py-2 font-medium whitespace-nowrap">
                      {head || <span className="sr-only">More</span>}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="divide-y divide-line border-t border-line">
                {grants.map((grant) => (
                  <GrantRow
                    key={grant.id}
                    grant={grant}
                    person={nameOf(grant.member)}
                    selected={selected.has(grant.id)}
                    onSelect={(on) => select(grant.id, on)}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {found.hasNextPage && (
        <Button className="mt-4" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>
          Show more of {total.toLocaleString()}
        </Button>
      )}
    </Page>
  )
}
