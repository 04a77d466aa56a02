import type { FieldView } from '#contract'
import { ArrowUpRight } from 'lucide-react'
import { findByLabel } from '../../../api/queries.ts'
import { nothing, type EditorProps, type FieldUi, type FilterInputProps } from '../field-ui.ts'
import { PopupEditor } from '../parts/popup-editor.tsx'
import { ReferencePicker } from '../parts/reference-picker.tsx'
import { ReferenceName, readReference } from '../parts/reference.tsx'

function objectOf(field: FieldView): string {
  const { object } = field.settings
  return typeof object === 'string' ? object : ''
}

const referenceOf = (field: FieldView, value: unknown) => readReference(value, objectOf(field))

function Display({ field, value }: { field: FieldView; value: unknown }) {
  const reference = referenceOf(field, value)
  return reference && <ReferenceName {...reference} />
}

function Editor({ field, value, typed, onCommit, onCancel }: EditorProps) {
  const id = referenceOf(field, value)?.id
  return (
    <PopupEditor
      label={field.label}
      shown={<Display field={field} value={value} />}
      onClose={onCancel}
      narrow
    >
      <ReferencePicker
        label={field.label}
        objects={[objectOf(field)]}
        chosen={id ? [id] : []}
        typed={typed}
        none={!field.required}
        onPick={(pick, by) =>
          onCommit(pick ? { send: pick.id, show: pick } : nothing, by === 'Tab' ? 'next' : 'stay')
        }
        onCancel={onCancel}
      />
    </PopupEditor>
  )
}

function FilterInput({ field, op, value, onChange }: FilterInputProps) {
  const many = op === 'in' || op === 'not_in'
  const chosen = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
  return (
    <div className="rounded-md border border-line">
      <ReferencePicker
        label={`${field.label}: value`}
        objects={[objectOf(field)]}
        chosen={chosen}
        onPick={(pick) => {
          if (!pick) return
          if (!many) return onChange(pick.id)
          onChange(chosen.includes(pick.id) ? chosen.filter((id) => id !== pick.id) : [...chosen, pick.id])
        }}
      />
    </div>
  )
}

export const relationField: FieldUi = {
  icon: ArrowUpRight,
  align: 'start',
  width: 180,
  Display,
  Editor,
  text: (value, field) => referenceOf(field, value)?.label ?? '',
  async parse(text, field) {
    if (text.trim() === '') return nothing
    const found = await findByLabel([objectOf(field)], text.trim())
    return found ? { send: found.id, show: found } : { problem: `No record is called “${text.trim()}”` }
  },
  pointsTo: (field) => [objectOf(field)],
  FilterInput,
  FilterWords({ field, value }) {
    const ids = Array.isArray(value) ? value : value === undefined ? [] : [value]
    if (ids.length > 1) return `${ids.length} records`
    return typeof ids[0] === 'string' ? <ReferenceName object={objectOf(field)} id={ids[0]} /> : '…'
  },
}
