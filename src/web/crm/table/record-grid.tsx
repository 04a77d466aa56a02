import type { ObjectView, RecordView, SortKey } from '#contract'
import {
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createColumnHelper,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef } from 'react'
import { fieldUi } from '../fields/registry.ts'
import { GridHeader } from './grid-header.tsx'
import { headWidth, rowHeight } from './grid-measures.ts'
import { GridRow } from './grid-row.tsx'
import type { Columns } from './use-columns.ts'
import { useFlashes } from './use-flashes.ts'
import { useGrid } from './use-grid.ts'

const features = tableFeatures({
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
})
const helper = createColumnHelper<typeof features, RecordView>()

export type GridProps = {
  object: ObjectView
  rows: RecordView[]
  total: number | undefined
  loading: boolean
  more: (() => void) | undefined
  columns: Columns
  sort: readonly SortKey[]
  selected: ReadonlySet<string>
  opened: string | undefined
  onSelect: (selected: ReadonlySet<string>) => void
  onSort: (sort: SortKey[]) => void
  onOpen: (id: string | null) => void
  onDelete: () => void
}

/** Records as a spreadsheet. Rows are virtual; pages arrive before the end is reached. */
export function RecordGrid(props: GridProps) {
  const { object, rows, total, loading, more, columns } = props
  const scroller = useRef<HTMLDivElement>(null)
  const { layout, shown } = columns
  const definitions = useMemo(
    () =>
      helper.columns(
        object.fields.map((field) =>
          helper.accessor((record) => record.fields[field.name], {
            id: field.name,
            size: field.name === object.labelField ? 220 : fieldUi(field).width,
            minSize: 72,
            maxSize: 600,
          }),
        ),
      ),
    [object],
  )
  const visibility = useMemo(
    () =>
      Object.fromEntries(object.fields.map(({ name }) => [name, shown.some((field) => field.name === name)])),
    [object, shown],
  )
  const order = useMemo(() => columns.all.map((field) => field.name), [columns.all])
  const table = useTable({
    features,
    columns: definitions,
    data: rows,
    getRowId: (record) => record.id,
    columnResizeMode: 'onChange',
    state: { columnOrder: order, columnVisibility: visibility, columnSizing: layout.sizes },
    onColumnSizingChange: (updater) =>
      columns.change({ sizes: typeof updater === 'function' ? updater(layout.sizes) : updater }),
  })
  const models = table.getRowModel().rows
  const virtual = useVirtualizer({
    count: models.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => models[index]?.id ?? index,
    overscan: 12,
    scrollPaddingStart: rowHeight,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (more && last >= rows.length - 20) more()
  }, [more, last, rows.length])

  const headers = table.getHeaderGroups()[0]?.headers ?? []
  const widths = headers.map((header) => header.getSize())
  const width = headWidth + widths.reduce((sum, one) => sum + one, 0)
  const flashes = useFlashes(rows)
  const grid = useGrid(props, scroller, (index) => virtual.scrollToIndex(index))

  return (
    <div ref={scroller} className="min-h-0 grow overflow-auto" onScroll={grid.onScroll}>
      <div
        role="grid"
        aria-label={object.labelPlural}
        aria-rowcount={(total ?? rows.length) + 1}
        aria-colcount={shown.length + 1}
        aria-multiselectable
        tabIndex={-1}
        style={{ width, minWidth: '100%' }}
        className="relative text-table tabular-nums outline-none"
        onKeyDown={grid.onKeyDown}
        onFocus={grid.onFocus}
        onBlur={grid.onBlur}
      >
        <GridHeader {...props} headers={headers} />
        {loading ? (
          <SkeletonRows />
        ) : (
          <div role="rowgroup" style={{ height: virtual.getTotalSize() }} className="relative">
            {items.map((item) => {
              const record = models[item.index]?.original
              return (
                record && (
                  <GridRow
                    key={record.id}
                    object={object}
                    fields={shown}
                    widths={widths}
                    record={record}
                    index={item.index}
                    top={item.start}
                    active={grid.active.row === item.index ? grid.active.column : null}
                    editing={grid.active.row === item.index ? grid.editing : null}
                    selected={props.selected.has(record.id)}
                    opened={props.opened === record.id}
                    flashes={flashes.get(record.id)}
                    actions={grid.actions}
                  />
                )
              )
            })}
          </div>
        )}
      </div>
    </div>
  )
}

function SkeletonRows() {
  return (
    <div role="status" aria-label="Loading" className="animate-appear">
      {Array.from({ length: 14 }, (_, row) => (
        <div key={row} className="flex h-9 items-center gap-6 border-b border-line pl-[52px]">
          {[180, 120, 90, 140, 100].map((bar) => (
            <div key={bar} style={{ width: bar }} className="h-3 rounded-sm bg-hover" />
          ))}
        </div>
      ))}
    </div>
  )
}
