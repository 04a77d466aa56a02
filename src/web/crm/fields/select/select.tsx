import type { FieldView, SelectOption } from '#contract'
import { CircleDot } from 'lucide-react'
import { nothing, plain, type EditorProps, type FieldUi, type FilterInputProps } from '../field-ui.ts'
import { PickList } from '../parts/pick-list.tsx'
import { PopupEditor } from '../parts/popup-editor.tsx'

function optionsOf(field: FieldView): SelectOption[] {
  const { options } = field.settings
  return Array.isArray(options) ? options.filter(isOption) : []
}

function isOption(value: unknown): value is SelectOption {
  return (
    typeof value === 'object' && value !== null && 'value' in value && 'label' in value && 'color' in value
  )
}

const optionOf = (field: FieldView, value: unknown) =>
  optionsOf(field).find((option) => option.value === value)

function Tag({ option }: { option: SelectOption }) {
  return (
    <span
      data-color={option.color}
      className="tag inline-block max-w-full truncate align-middle rounded-sm px-1.5 text-xs leading-5 font-medium"
    >
      {option.label}
    </span>
  )
}

function Display({ field, value }: { field: FieldView; value: unknown }) {
  const option = optionOf(field, value)
  return option ? <Tag option={option} /> : typeof value === 'string' ? value : null
}

const picksOf = (field: FieldView) =>
  optionsOf(field).map((option) => ({
    key: option.value,
    label: option.label,
    show: <Tag option={option} />,
  }))
const none = { key: '', label: 'Nothing', show: <span className="text-faint">Nothing</span> }

function Editor({ field, value, typed, onCommit, onCancel }: EditorProps) {
  return (
    <PopupEditor
      label={field.label}
      shown={<Display field={field} value={value} />}
      onClose={onCancel}
      narrow
    >
      <PickList
        label={field.label}
        picks={field.required ? picksOf(field) : [...picksOf(field), none]}
        chosen={typeof value === 'string' ? [value] : []}
        typed={typed}
        onPick={(key, by) => onCommit(key === '' ? nothing : plain(key), by === 'Tab' ? 'next' : 'stay')}
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
      <PickList
        label={`${field.label}: value`}
        picks={picksOf(field)}
        chosen={chosen}
        onPick={(key) =>
          onChange(
            many ? (chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key]) : key,
          )
        }
      />
    </div>
  )
}

export const selectField: FieldUi = {
  icon: CircleDot,
  align: 'start',
  width: 140,
  Display,
  Editor,
  text: (value, field) => optionOf(field, value)?.label ?? (typeof value === 'string' ? value : ''),
  parse(text, field) {
    const wanted = text.trim().toLowerCase()
    if (wanted === '') return nothing
    const option = optionsOf(field).find((one) => one.label.toLowerCase() === wanted || one.value === wanted)
    return option ? plain(option.value) : { problem: `“${text.trim()}” is not one of the choices` }
  },
  FilterInput,
  FilterWords({ field, value }) {
    const values = Array.isArray(value) ? value : [value]
    return values.map((one) => optionOf(field, one)?.label ?? '…').join(', ')
  },
}
