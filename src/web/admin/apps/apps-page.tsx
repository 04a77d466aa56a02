import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, getRouteApi } from '@tanstack/react-router'
import { Hexagon, Plus } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Page } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState, Problem, Skeleton } from '../../ui/states.tsx'
import { Checkbox } from '../../ui/switch.tsx'
import { AppActions } from './app-actions.tsx'
import { AppFilters } from './app-filters.tsx'
import { AppRow } from './app-row.tsx'
import { appsOptions } from './app-search.ts'
import { InitialAccess } from './initial-access.tsx'

const route = getRouteApi('/settings/apps')
const heads = ['App', 'How it came', 'State', 'Used by', 'Last used', 'First seen']
/** As many as one request takes. */
const mostAtOnce = 100

/** Every app that is known here, whoever brought it; for administrators. */
export function AppsPage() {
  const search = route.useSearch()
  const found = useInfiniteQuery(appsOptions(search))
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  useEffect(() => {
    document.title = 'Apps · Tandem'
  }, [])
  const apps = found.data?.pages.flatMap((page) => page.clients) ?? []
  const chosen = apps.filter(({ id }) => selected.has(id)).slice(0, mostAtOnce)

  function select(id: string, on: boolean) {
    const next = new Set(selected)
    if (on) next.add(id)
    else next.delete(id)
    setSelected(next)
  }
  return (
    <Page
      wide
      title="Apps"
      lead="Every app and agent that is known here: those you set up, and those that came by themselves."
      action={<NewLink />}
    >
      <AppFilters search={search} />
      {found.isError ? (
        <Problem error={found.error} retry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Skeleton lines={10} />
      ) : apps.length === 0 ? (
        <Nothing filtered={Object.keys(search).length > 0} />
      ) : (
        <>
          <div className="mb-2 flex min-h-9 flex-wrap items-center gap-2">
            <span className="grow text-table text-muted tabular-nums" role="status">
              {chosen.length > 0
                ? `${chosen.length} selected`
                : `${apps.length}${found.hasNextPage ? '+' : ''} apps`}
            </span>
            {chosen.length > 0 && <AppActions apps={chosen} onDone={() => setSelected(new Set())} />}
          </div>
          <div
            role="region"
            aria-label="Apps"
            tabIndex={0}
            className="overflow-x-auto rounded-md border border-line"
          >
            <table className="w-full text-left text-table">
              <thead className="text-xs text-faint">
                <tr>
                  <th scope="col" className="w-9 py-2 pl-3">
                    <Checkbox
                      label="Select all that are shown"
                      checked={chosen.length > 0 && chosen.length === Math.min(apps.length, mostAtOnce)}
                      some={chosen.length > 0}
                      onChange={(on) => setSelected(new Set(on ? apps.map(({ id }) => id) : []))}
                    />
                  </th>
                  {heads.map((head) => (
                    <th key={head} scope="col" className="px-3 py-2 font-medium whitespace-nowrap">
                      {head}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="divide-y divide-line border-t border-line">
                {apps.map((app) => (
                  <AppRow
                    key={app.id}
                    app={app}
                    selected={selected.has(app.id)}
                    onSelect={(on) => select(app.id, on)}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {found.hasNextPage && (
        <Button className="mt-4" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>
          Show more
        </Button>
      )}
      <InitialAccess />
    </Page>
  )
}

function Nothing({ filtered }: { filtered: boolean }) {
  if (filtered) return <EmptyState icon={<Hexagon size={28} />} title="No app fits these filters" />
  return (
    <EmptyState icon={<Hexagon size={28} />} title="No app is known here yet" action={<NewLink />}>
      Most agents introduce themselves when somebody connects them. One that can’t, you set up by hand.
    </EmptyState>
  )
}

function NewLink() {
  return (
    <Link
      to="/settings/apps/new"
      className="inline-flex h-9 shrink-0 items-center gap-1.5 rounded-md bg-accent-fill px-3 text-sm font-medium whitespace-nowrap text-white hover:bg-accent-fill-hover pointer-coarse:h-11"
    >
      <Plus size={16} aria-hidden /> Set up an app
    </Link>
  )
}
