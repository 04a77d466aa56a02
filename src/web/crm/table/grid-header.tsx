import type { FieldView, SortKey } from '#contract'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { Checkbox } from '../../ui/switch.tsx'
import { fieldUi } from '../fields/registry.ts'
import { headWidth } from './grid-measures.ts'
import type { GridProps } from './record-grid.tsx'

/** What the header needs of a TanStack header. */
type Header = {
  id: string
  getSize: () => number
  getResizeHandler: () => (event: unknown) => void
}

/** Column names; a click sorts, Shift adds a second order, the edge resizes. */
export function GridHeader({
  object,
  rows,
  sort,
  selected,
  onSelect,
  onSort,
  headers,
}: GridProps & { headers: readonly Header[] }) {
  const all = rows.length > 0 && rows.every((row) => selected.has(row.id))

  function sortBy(field: FieldView, add: boolean) {
    const before = sort.find((key) => key.field === field.name)
    const next: SortKey[] = !before
      ? [{ field: field.name, dir: 'asc' }]
      : before.dir === 'asc'
        ? [{ field: field.name, dir: 'desc' }]
        : []
    if (!add) return onSort(next)
    const at = sort.findIndex((key) => key.field === field.name)
    onSort(at < 0 ? [...sort, ...next] : [...sort.slice(0, at), ...next, ...sort.slice(at + 1)])
  }

  return (
    <div role="rowgroup" className="sticky top-0 z-20">
      <div role="row" aria-rowindex={1} className="flex h-9 border-b border-line bg-canvas">
        <div
          role="columnheader"
          style={{ width: headWidth }}
          className="sticky left-0 z-10 flex shrink-0 items-center justify-center bg-canvas"
        >
          <Checkbox
            label="Select all loaded records"
            checked={all}
            some={selected.size > 0}
            onChange={(on) => onSelect(new Set(on ? rows.map((row) => row.id) : []))}
          />
        </div>
        {headers.map((header) => {
          const field = object.fields.find((one) => one.name === header.id)
          if (!field) return null
          const { icon: Icon, align } = fieldUi(field)
          const key = sort.find((one) => one.field === field.name)
          const naming = field.name === object.labelField
          const inside = (
            <>
              <Icon size={14} className="shrink-0 text-faint" aria-hidden />
              <span className="truncate">{field.label}</span>
              {key?.dir === 'asc' && <ArrowUp size={13} className="shrink-0 text-accent" aria-hidden />}
              {key?.dir === 'desc' && <ArrowDown size={13} className="shrink-0 text-accent" aria-hidden />}
            </>
          )
          const place = `flex h-full w-full min-w-0 items-center gap-1.5 px-2 text-xs font-medium text-muted ${align === 'end' ? 'justify-end' : ''}`
          return (
            <div
              key={field.name}
              role="columnheader"
              aria-sort={
                key ? (key.dir === 'asc' ? 'ascending' : 'descending') : field.sortable ? 'none' : undefined
              }
              style={{ width: header.getSize() }}
              className={`relative shrink-0 border-r border-line bg-canvas ${naming ? 'z-10 md:sticky md:left-10' : ''}`}
            >
              {field.sortable ? (
                <button
                  type="button"
                  className={`${place} -outline-offset-2 hover:bg-hover hover:text-ink`}
                  title={field.description ?? undefined}
                  onClick={(event) => sortBy(field, event.shiftKey)}
                >
                  {inside}
                </button>
              ) : (
                <span className={place} title={field.description ?? undefined}>
                  {inside}
                </span>
              )}
              <span
                aria-hidden
                className="absolute inset-y-0 -right-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent-line active:bg-accent"
                onMouseDown={header.getResizeHandler()}
                onTouchStart={header.getResizeHandler()}
              />
            </div>
          )
        })}
      </div>
    </div>
  )
}
