import { Hash } from 'lucide-react'
import { nothing, plain, type EditorProps, type FieldUi } from '../field-ui.ts'
import { NumberFilter, PlainFilterWords } from '../parts/filters.tsx'
import { LineEditor } from '../parts/line-editor.tsx'
import { readNumber } from './read-number.ts'

const shown = new Intl.NumberFormat(undefined, { maximumFractionDigits: 10 })
const raw = (value: unknown) => (typeof value === 'number' ? String(value) : '')

function parse(text: string) {
  if (text.trim() === '') return nothing
  const value = readNumber(text)
  return value === null ? { problem: 'Write a number' } : plain(value)
}

export const numberField: FieldUi = {
  icon: Hash,
  align: 'end',
  width: 120,
  Display: ({ value }) => (typeof value === 'number' ? shown.format(value) : ''),
  Editor: (props: EditorProps) => (
    <LineEditor {...props} start={raw(props.value)} parse={parse} inputMode="decimal" align="end" />
  ),
  text: raw,
  parse,
  FilterInput: NumberFilter,
  FilterWords: PlainFilterWords,
}
