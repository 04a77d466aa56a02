import type { FieldView } from '#contract'
import { inputClass } from '../../../ui/text-field.tsx'
import type { FilterInputProps } from '../field-ui.ts'

/** A filter value as one line of text; for "any of", several separated by commas. */
export function TextFilter({ field, op, value, onChange }: FilterInputProps) {
  const many = op === 'in' || op === 'not_in'
  const text = Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : ''
  return (
    <input
      autoFocus
      aria-label={`${field.label}: value`}
      placeholder={many ? 'One, two, three' : undefined}
      className={inputClass}
      defaultValue={text}
      onChange={(event) => {
        const parts = event.target.value.split(',').map((part) => part.trim())
        onChange(many ? parts.filter((part) => part !== '') : event.target.value)
      }}
    />
  )
}

export function NumberFilter({ field, op, value, onChange }: FilterInputProps) {
  const many = op === 'in' || op === 'not_in'
  return (
    <input
      autoFocus
      inputMode="decimal"
      aria-label={`${field.label}: value`}
      placeholder={many ? '10, 20, 30' : undefined}
      className={`${inputClass} tabular-nums`}
      defaultValue={Array.isArray(value) ? value.join(', ') : typeof value === 'number' ? value : ''}
      onChange={(event) => {
        const numbers = event.target.value
          .split(',')
          .filter((part) => part.trim() !== '')
          .map(Number)
          .filter(Number.isFinite)
        onChange(many ? numbers : numbers[0])
      }}
    />
  )
}

export function PlainFilterWords({ value }: { field: FieldView; value: unknown }) {
  return Array.isArray(value) ? value.join(', ') : String(value ?? '…')
}
