import type { FieldView } from '#contract'
import { useEffect, useRef, useState } from 'react'
import type { Edit, Move } from '../fields/field-ui.ts'
import { fieldUi } from '../fields/registry.ts'

type Props = {
  fields: readonly FieldView[]
  values: Readonly<Record<string, unknown>>
  editable: boolean
  /** The field to begin with, for a new record. */
  startWith?: string
  problems?: Readonly<Record<string, string>>
  onEdit: (field: FieldView, edit: Edit) => void
}

/** A record's fields, one a line; a click or Enter edits in place, Tab goes on to the next. */
export function PropertyList({ fields, values, editable, startWith, problems = {}, onEdit }: Props) {
  const [editing, setEditing] = useState<string | null>(startWith ?? null)
  const list = useRef<HTMLDListElement>(null)
  const back = useRef<string | null>(null)
  const canEdit = (field: FieldView) =>
    editable && !field.readOnly && !field.system && fieldUi(field).Editor !== undefined

  useEffect(() => {
    if (editing !== null || back.current === null) return
    list.current?.querySelector<HTMLElement>(`[data-property="${back.current}"]`)?.focus()
    back.current = null
  }, [editing])

  function commit(field: FieldView, edit: Edit, move: Move) {
    if (edit.send !== undefined) onEdit(field, edit)
    const editables = fields.filter(canEdit)
    const at = editables.indexOf(field)
    const next = move === 'next' ? editables[at + 1] : move === 'previous' ? editables[at - 1] : undefined
    if (!next && move !== 'stay') back.current = field.name
    setEditing(next?.name ?? null)
  }

  return (
    <dl ref={list} className="flex flex-col gap-px">
      {fields.map((field) => {
        const { icon: Icon, Display, Editor, text } = fieldUi(field)
        const value = values[field.name]
        const problem = problems[field.name]
        return (
          <div key={field.name} className="flex items-start gap-2">
            <dt
              className="flex h-9 w-[38%] max-w-40 shrink-0 items-center gap-2 text-table text-muted"
              title={field.description ?? undefined}
            >
              <Icon size={14} className="shrink-0 text-faint" aria-hidden />
              <span className="truncate">
                {field.label}
                {field.required && editable && !field.system && <span aria-label="required"> *</span>}
              </span>
            </dt>
            <dd className="min-w-0 grow text-table tabular-nums">
              {editing === field.name && Editor ? (
                <div className="h-9">
                  <Editor
                    field={field}
                    value={value}
                    onCommit={(edit, move) => commit(field, edit, move)}
                    onCancel={() => {
                      back.current = field.name
                      setEditing(null)
                    }}
                  />
                </div>
              ) : canEdit(field) ? (
                <div
                  role="button"
                  tabIndex={0}
                  data-property={field.name}
                  aria-label={`${field.label}: ${text(value, field) || 'empty'}. Edit`}
                  className="flex min-h-9 w-full cursor-text items-center rounded-md px-2 py-1.5 text-left hover:bg-hover"
                  onClick={() => setEditing(field.name)}
                  onKeyDown={(event) => {
                    if (event.key !== 'Enter' && event.key !== 'F2' && event.key !== ' ') return
                    event.preventDefault()
                    setEditing(field.name)
                  }}
                >
                  <Shown empty={text(value, field) === '' && value == null}>
                    <Display field={field} value={value} />
                  </Shown>
                </div>
              ) : (
                <div className="flex min-h-9 items-center px-2 py-1.5">
                  <Shown empty={value == null}>
                    <Display field={field} value={value} />
                  </Shown>
                </div>
              )}
              {problem && (
                <p role="alert" className="px-2 pb-1 text-xs text-danger">
                  {problem}
                </p>
              )}
            </dd>
          </div>
        )
      })}
    </dl>
  )
}

function Shown({ empty, children }: { empty: boolean; children: React.ReactNode }) {
  if (empty) return <span className="text-faint">–</span>
  return <span className="min-w-0 [overflow-wrap:anywhere] whitespace-pre-wrap">{children}</span>
}
