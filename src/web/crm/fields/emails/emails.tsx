import { Mail } from 'lucide-react'
import type { EditorProps, FieldUi } from '../field-ui.ts'
import { PlainFilterWords, TextFilter } from '../parts/filters.tsx'
import { FirstOfMany } from '../parts/first-of-many.tsx'
import { LineEditor } from '../parts/line-editor.tsx'
import { linesOf, parseLines } from '../parts/list-of-lines.ts'

const text = (value: unknown) => linesOf(value).join(', ')
const parse = (typed: string) =>
  parseLines(
    typed.toLowerCase(),
    (one) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(one),
    'Write addresses like ada@acme.example',
  )

export const emailsField: FieldUi = {
  icon: Mail,
  align: 'start',
  width: 210,
  Display: ({ value }) => (
    <FirstOfMany items={linesOf(value)} href={(email) => `mailto:${encodeURI(email)}`} />
  ),
  Editor: (props: EditorProps) => (
    <LineEditor {...props} start={text(props.value)} parse={parse} inputMode="email" />
  ),
  text,
  parse,
  FilterInput: TextFilter,
  FilterWords: PlainFilterWords,
  operatorWords: { eq: 'has', ne: 'doesn’t have', in: 'has any of', not_in: 'has none of' },
}
