import { Phone } from 'lucide-react'
import type { EditorProps, FieldUi } from '../field-ui.ts'
import { PlainFilterWords, TextFilter } from '../parts/filters.tsx'
import { FirstOfMany } from '../parts/first-of-many.tsx'
import { LineEditor } from '../parts/line-editor.tsx'
import { linesOf, parseLines } from '../parts/list-of-lines.ts'

const text = (value: unknown) => linesOf(value).join(', ')
const parse = (typed: string) =>
  parseLines(
    typed,
    (one) => /^\+?[\d\s./()-]{3,}(?: ?(?:x|ext) ?\d{1,6})?$/i.test(one),
    'Write numbers like +44 20 7946 0000',
  )

export const phonesField: FieldUi = {
  icon: Phone,
  align: 'start',
  width: 160,
  Display: ({ value }) => (
    <FirstOfMany items={linesOf(value)} href={(phone) => `tel:${phone.replace(/[^\d+]/g, '')}`} />
  ),
  Editor: (props: EditorProps) => (
    <LineEditor {...props} start={text(props.value)} parse={parse} inputMode="tel" />
  ),
  text,
  parse,
  FilterInput: TextFilter,
  FilterWords: PlainFilterWords,
  operatorWords: { eq: 'has', ne: 'doesn’t have', in: 'has any of', not_in: 'has none of' },
}
