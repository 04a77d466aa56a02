import type { FieldView, Reference } from '#contract'
import { Crosshair } from 'lucide-react'
import { findByLabel } from '../../../api/queries.ts'
import { nothing, type Edit, type EditorProps, type FieldUi } from '../field-ui.ts'
import { PopupEditor } from '../parts/popup-editor.tsx'
import { ReferencePicker } from '../parts/reference-picker.tsx'
import { ReferenceName, readReference } from '../parts/reference.tsx'

function objectsOf(field: FieldView): string[] {
  const { objects } = field.settings
  return Array.isArray(objects) ? objects.filter((one) => typeof one === 'string') : []
}

function editOf(pick: Reference | null): Edit {
  return pick ? { send: { object: pick.object, id: pick.id }, show: pick } : nothing
}

function Display({ value }: { value: unknown }) {
  const reference = readReference(value)
  return reference && <ReferenceName {...reference} />
}

function Editor({ field, value, typed, onCommit, onCancel }: EditorProps) {
  const id = readReference(value)?.id
  return (
    <PopupEditor label={field.label} shown={<Display value={value} />} onClose={onCancel} narrow>
      <ReferencePicker
        label={field.label}
        objects={objectsOf(field)}
        chosen={id ? [id] : []}
        typed={typed}
        none={!field.required}
        onPick={(pick, by) => onCommit(editOf(pick), by === 'Tab' ? 'next' : 'stay')}
        onCancel={onCancel}
      />
    </PopupEditor>
  )
}

export const targetField: FieldUi = {
  icon: Crosshair,
  align: 'start',
  width: 180,
  Display,
  Editor,
  text: (value) => readReference(value)?.label ?? '',
  async parse(text, field) {
    if (text.trim() === '') return nothing
    const found = await findByLabel(objectsOf(field), text.trim())
    return found ? editOf(found) : { problem: `No record is called “${text.trim()}”` }
  },
  pointsTo: objectsOf,
  FilterInput: ({ field, op, onChange, value }) => (
    <div className="rounded-md border border-line">
      <ReferencePicker
        label={`${field.label}: value`}
        objects={objectsOf(field)}
        chosen={[value].flat().map(String)}
        onPick={(pick) => pick && onChange(op === 'in' || op === 'not_in' ? [pick.id] : pick.id)}
      />
    </div>
  ),
  FilterWords: ({ value }) => (value === undefined ? '…' : 'one record'),
}
