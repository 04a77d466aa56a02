import { Check, ToggleLeft } from 'lucide-react'
import { ChoiceField } from '../../../ui/choice.tsx'
import { nothing, plain, type EditorProps, type FieldUi } from '../field-ui.ts'
import { PickList } from '../parts/pick-list.tsx'
import { PopupEditor } from '../parts/popup-editor.tsx'

const picks = [
  { key: 'yes', label: 'Yes', show: 'Yes' },
  { key: 'no', label: 'No', show: 'No' },
]
const word = (value: unknown) => (value === true ? 'Yes' : value === false ? 'No' : '')

function parse(typed: string) {
  const wanted = typed.trim().toLowerCase()
  if (wanted === '') return nothing
  if (['yes', 'y', 'true', '1', 'on', 'x'].includes(wanted)) return plain(true)
  if (['no', 'n', 'false', '0', 'off'].includes(wanted)) return plain(false)
  return { problem: 'Write yes or no' }
}

function Editor({ field, value, typed, onCommit, onCancel }: EditorProps) {
  return (
    <PopupEditor label={field.label} shown={word(value)} onClose={onCancel} narrow>
      <PickList
        label={field.label}
        picks={picks}
        chosen={[word(value).toLowerCase()]}
        typed={typed}
        onPick={(key, by) => onCommit(plain(key === 'yes'), by === 'Tab' ? 'next' : 'stay')}
        onCancel={onCancel}
      />
    </PopupEditor>
  )
}

export const booleanField: FieldUi = {
  icon: ToggleLeft,
  align: 'start',
  width: 100,
  Display: ({ value }) =>
    value === true ? (
      <span className="flex items-center gap-1">
        <Check size={14} className="text-accent" aria-hidden /> Yes
      </span>
    ) : value === false ? (
      <span className="text-faint">No</span>
    ) : null,
  Editor,
  text: word,
  parse,
  FilterInput: ({ field, value, onChange }) => (
    <ChoiceField
      label={`${field.label}: value`}
      value={value === undefined ? '' : String(value)}
      choices={[
        { value: 'true', label: 'Yes' },
        { value: 'false', label: 'No' },
      ]}
      className="w-full"
      onChange={(next) => onChange(next === 'true')}
    />
  ),
  FilterWords: ({ value }) => word(value).toLowerCase() || '…',
}
