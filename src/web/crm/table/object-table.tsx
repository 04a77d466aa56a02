import type { ObjectView } from '#contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { recordsOptions } from '../../api/queries.ts'
import { Problem } from '../../ui/states.tsx'
import { startCreating } from '../creating.ts'
import { RecordPanel } from '../record/record-panel.tsx'
import { queryOf, type View } from '../view.ts'
import { EmptyTable } from './empty-table.tsx'
import { FilterBar } from './filter-bar.tsx'
import { RecordGrid } from './record-grid.tsx'
import { SelectionBar } from './selection-bar.tsx'
import { TableHeader } from './table-header.tsx'
import { ViewsMenu } from './views-menu.tsx'
import { useColumns } from './use-columns.ts'
import { useTableKeys } from './use-table-keys.ts'

const none: never[] = []

export function ObjectTable({ object, view }: { object: ObjectView; view: View }) {
  const navigate = useNavigate({ from: '/o/$object' })
  const query = useMemo(() => queryOf(view), [view])
  const records = useInfiniteQuery({
    ...recordsOptions(object.name, query),
    placeholderData: (before) => before,
  })
  const rows = useMemo(() => records.data?.pages.flatMap((page) => page.records) ?? none, [records.data])
  const columns = useColumns(object)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [filtering, setFiltering] = useState(false)
  const [deleting, setDeleting] = useState(false)

  const change = useCallback(
    (next: Partial<Record<keyof View, unknown>>, replace = false) =>
      void navigate({ search: (before) => clean({ ...before, ...next }), replace }),
    [navigate],
  )
  const open = useCallback(
    (id: string | null) =>
      change(
        id === null ? { record: undefined, tab: undefined } : { record: id },
        view.record !== undefined && id !== null,
      ),
    [change, view.record],
  )
  useTableKeys({
    onFilter: () => setFiltering(true),
    onCreate: object.can.create ? () => startCreating(object.name) : undefined,
    onClose: view.record ? () => open(null) : selected.size > 0 ? () => setSelected(new Set()) : undefined,
  })

  const narrowed = view.filter !== undefined || view.q !== undefined
  return (
    <div className="flex min-h-0 grow">
      <main className="flex min-w-0 grow flex-col">
        <TableHeader
          object={object}
          count={records.data?.pages[0]?.count}
          columns={columns}
          words={view.q ?? ''}
          onWords={(q) => change({ q: q || undefined }, true)}
          views={<ViewsMenu object={object} view={view} columns={columns} onChange={change} />}
        />
        <FilterBar
          object={object}
          filter={view.filter ?? none}
          adding={filtering}
          onAdding={setFiltering}
          onChange={(filter) => change({ filter: filter.length > 0 ? filter : undefined }, true)}
        />
        {records.isError ? (
          <Problem error={records.error} retry={() => void records.refetch()} />
        ) : rows.length === 0 && !records.isPending && !records.isPlaceholderData ? (
          <EmptyTable
            object={object}
            narrowed={narrowed}
            onReset={() => change({ filter: undefined, q: undefined })}
          />
        ) : (
          <RecordGrid
            object={object}
            rows={rows}
            total={records.data?.pages[0]?.count}
            loading={records.isPending}
            more={
              records.hasNextPage && !records.isFetchingNextPage
                ? () => void records.fetchNextPage()
                : undefined
            }
            columns={columns}
            sort={view.sort ?? none}
            selected={selected}
            opened={view.record}
            onSelect={setSelected}
            onSort={(sort) => change({ sort: sort.length > 0 ? sort : undefined }, true)}
            onOpen={open}
            onDelete={() => object.can.delete && setDeleting(true)}
          />
        )}
        <SelectionBar
          object={object}
          rows={rows}
          selected={selected}
          onSelect={setSelected}
          asking={deleting}
          onAsking={setDeleting}
        />
      </main>
      {view.record && (
        <RecordPanel
          key={view.record}
          object={object}
          id={view.record}
          tab={view.tab ?? 'fields'}
          onTab={(tab) => change({ tab: tab === 'fields' ? undefined : tab }, true)}
          onClose={() => open(null)}
        />
      )}
    </div>
  )
}

/** Absent members leave the address. */
function clean(view: Partial<Record<keyof View, unknown>>): View {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined))
}
