import type { FieldView } from '#contract'
import { ChoiceField } from '../../../ui/choice.tsx'
import { shortDay } from '../../../ui/time.ts'
import { inputClass } from '../../../ui/text-field.tsx'
import type { FilterInputProps } from '../field-ui.ts'
import { spanWords } from './spans.ts'

const spans = Object.entries(spanWords).map(([value, label]) => ({ value, label }))

/** A day, or a span of time relative to today. */
export function DayFilter({ field, op, value, onChange }: FilterInputProps) {
  const label = `${field.label}: value`
  if (op === 'within') {
    return (
      <ChoiceField
        label={label}
        value={String(value ?? '')}
        choices={spans}
        className="w-full"
        onChange={onChange}
      />
    )
  }
  return (
    <input
      autoFocus
      type="date"
      aria-label={label}
      className={inputClass}
      value={typeof value === 'string' ? value.slice(0, 10) : ''}
      onChange={(event) => onChange(event.target.value || undefined)}
    />
  )
}

export function DayFilterWords({ value }: { field: FieldView; value: unknown }) {
  if (typeof value !== 'string') return '…'
  const span = Object.entries(spanWords).find(([name]) => name === value)
  return span ? span[1] : shortDay(value)
}
