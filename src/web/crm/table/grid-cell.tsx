import type { FieldView, RecordView } from '#contract'
import { PanelRightOpen } from 'lucide-react'
import { memo } from 'react'
import { valueOf } from '../record-value.ts'
import { fieldUi } from '../fields/registry.ts'
import type { Editing, GridActions } from './use-grid.ts'

type Props = {
  naming: boolean
  editable: boolean
  field: FieldView
  record: RecordView
  row: number
  column: number
  width: number
  active: boolean
  editing: Editing
  flash: boolean
  tone: string
  actions: GridActions
}

export const GridCell = memo(function GridCell(props: Props) {
  const { naming, editable, field, record, row, column, width, active, editing, flash, tone, actions } = props
  const { Display, Editor, align } = fieldUi(field)
  const value = valueOf(record, field)
  return (
    <div
      role="gridcell"
      aria-colindex={column + 2}
      aria-readonly={!editable}
      data-cell={`${row}:${column}`}
      data-field={field.name}
      tabIndex={active ? 0 : -1}
      style={{ width }}
      className={`relative flex shrink-0 items-center border-r border-line focus:outline-2 focus:-outline-offset-2 focus:outline-accent focus:outline-solid ${naming ? `z-[5] font-medium md:sticky md:left-10 ${tone}` : ''} ${flash ? 'animate-flash' : ''}`}
      onPointerDown={() => actions.activate(row, column)}
      onDoubleClick={() => editable && actions.edit(row, column)}
    >
      {editing && Editor ? (
        <Editor
          field={field}
          value={value}
          typed={editing.typed}
          onCommit={(edit, move) => actions.commit(record, field, edit, move)}
          onCancel={actions.stopEditing}
        />
      ) : naming ? (
        <>
          <button
            type="button"
            tabIndex={-1}
            className="min-w-0 truncate rounded-sm px-2 text-left hover:underline"
            onClick={() => actions.open(record.id)}
          >
            {record.label || <span className="font-normal text-faint">Untitled</span>}
          </button>
          <span className="ml-auto hidden pr-1.5 text-faint group-hover:block" aria-hidden>
            <PanelRightOpen size={14} />
          </span>
        </>
      ) : (
        <span className={`flex w-full min-w-0 items-center px-2 ${align === 'end' ? 'justify-end' : ''}`}>
          <span className="flex min-w-0 items-center">
            <span className="min-w-0 truncate">
              <Display field={field} value={value} />
            </span>
          </span>
        </span>
      )}
    </div>
  )
})
