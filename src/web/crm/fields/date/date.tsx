import { Calendar } from 'lucide-react'
import { nothing, plain, type EditorProps, type FieldUi } from '../field-ui.ts'
import { DayFilter, DayFilterWords } from '../parts/day-filter.tsx'
import { LineEditor } from '../parts/line-editor.tsx'
import { readDay } from './read-date.ts'

// A day has no time zone: it is formatted as UTC so that it stays the same day everywhere.
const thisYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const anyYear = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})

function shown(value: unknown): string {
  if (typeof value !== 'string') return ''
  const at = new Date(`${value}T00:00:00Z`)
  if (Number.isNaN(at.getTime())) return value
  return (at.getUTCFullYear() === new Date().getFullYear() ? thisYear : anyYear).format(at)
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

function parse(typed: string) {
  if (typed.trim() === '') return nothing
  const day = readDay(typed)
  return day === null ? { problem: 'Write a day, like 2026-12-31' } : plain(day)
}

export const dateField: FieldUi = {
  icon: Calendar,
  align: 'start',
  width: 120,
  Display: ({ value }) => shown(value),
  Editor: ({ typed: _typed, ...props }: EditorProps) => (
    <LineEditor {...props} start={text(props.value)} parse={parse} type="date" />
  ),
  text,
  parse,
  FilterInput: DayFilter,
  FilterWords: DayFilterWords,
  operatorWords: { gt: 'is after', gte: 'is on or after', lt: 'is before', lte: 'is on or before' },
}
