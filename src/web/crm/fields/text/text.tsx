import { Type } from 'lucide-react'
import { nothing, plain, type EditorProps, type FieldUi } from '../field-ui.ts'
import { PlainFilterWords, TextFilter } from '../parts/filters.tsx'
import { LineEditor } from '../parts/line-editor.tsx'

const text = (value: unknown) => (typeof value === 'string' ? value : '')
const parse = (typed: string) => (typed.trim() === '' ? nothing : plain(typed.trim()))

export const textField: FieldUi = {
  icon: Type,
  align: 'start',
  width: 200,
  Display: ({ value }) => text(value),
  Editor: (props: EditorProps) => <LineEditor {...props} start={text(props.value)} parse={parse} />,
  text,
  parse,
  FilterInput: TextFilter,
  FilterWords: PlainFilterWords,
}
