import type { FieldView, ObjectView, RecordView } from '#contract'
import { memo } from 'react'
import { Checkbox } from '../../ui/switch.tsx'
import { GridCell } from './grid-cell.tsx'
import { headWidth } from './grid-measures.ts'
import type { Editing, GridActions } from './use-grid.ts'

type Props = {
  object: ObjectView
  fields: readonly FieldView[]
  widths: readonly number[]
  record: RecordView
  index: number
  top: number
  /** The column that has the keyboard, −1 for the row itself, or null. */
  active: number | null
  editing: Editing
  selected: boolean
  opened: boolean
  flashes: ReadonlySet<string> | undefined
  actions: GridActions
}

export const GridRow = memo(function GridRow(props: Props) {
  const { object, fields, widths, record, index, top, active, editing, selected, opened, flashes, actions } =
    props
  const tone = selected || opened ? 'bg-accent-soft' : 'bg-canvas group-hover:bg-surface'
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      style={{ transform: `translateY(${top}px)` }}
      className={`group absolute inset-x-0 flex h-9 border-b border-line ${active !== null ? 'z-10' : ''} ${tone}`}
    >
      <div
        role="rowheader"
        data-cell={`${index}:-1`}
        data-entry={active === -1 || (active === null && index === 0) ? true : undefined}
        aria-label={record.label || 'Untitled'}
        tabIndex={active === -1 ? 0 : -1}
        style={{ width: headWidth }}
        className={`sticky left-0 z-10 flex shrink-0 items-center justify-center -outline-offset-2 focus:outline-2 focus:outline-accent focus:outline-solid ${tone}`}
        onPointerDown={() => actions.activate(index, -1)}
      >
        <span
          className={
            selected
              ? ''
              : 'opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100'
          }
        >
          <Checkbox
            label={`Select ${record.label || 'this record'}`}
            tabIndex={-1}
            checked={selected}
            onChange={(_on, shift) => actions.select(index, shift)}
          />
        </span>
      </div>
      {fields.map((field, column) => (
        <GridCell
          key={field.name}
          naming={field.name === object.labelField}
          editable={object.can.update && !field.readOnly && !field.system}
          field={field}
          record={record}
          row={index}
          column={column}
          width={widths[column] ?? 120}
          active={active === column}
          editing={active === column ? editing : null}
          flash={flashes?.has(field.name) ?? false}
          tone={tone}
          actions={actions}
        />
      ))}
    </div>
  )
})
