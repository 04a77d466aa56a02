import { Clock } from 'lucide-react'
import { ago, fullTime } from '../../../ui/time.ts'
import { nothing, plain, type EditorProps, type FieldUi } from '../field-ui.ts'
import { DayFilter, DayFilterWords } from '../parts/day-filter.tsx'
import { LineEditor } from '../parts/line-editor.tsx'

const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** What `<input type="datetime-local">` wants: local time without a zone. */
function local(value: unknown): string {
  const at = new Date(text(value))
  if (Number.isNaN(at.getTime())) return ''
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function parse(typed: string) {
  if (typed.trim() === '') return nothing
  const at = new Date(typed)
  return Number.isNaN(at.getTime())
    ? { problem: 'Write a time, like 2026-12-31 09:30' }
    : plain(at.toISOString())
}

export const dateTimeField: FieldUi = {
  icon: Clock,
  align: 'start',
  width: 140,
  Display: ({ value }) =>
    typeof value === 'string' ? (
      <time dateTime={value} title={fullTime(value)}>
        {ago(value)}
      </time>
    ) : null,
  Editor: ({ typed: _typed, ...props }: EditorProps) => (
    <LineEditor {...props} start={local(props.value)} parse={parse} type="datetime-local" />
  ),
  text: (value) => (typeof value === 'string' ? fullTime(value) : ''),
  parse,
  FilterInput: DayFilter,
  FilterWords: DayFilterWords,
  operatorWords: { gt: 'is after', gte: 'is from', lt: 'is before', lte: 'is until' },
}
