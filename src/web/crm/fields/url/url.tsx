import { Link2 } from 'lucide-react'
import { nothing, plain, type EditorProps, type FieldUi } from '../field-ui.ts'
import { PlainFilterWords, TextFilter } from '../parts/filters.tsx'
import { LineEditor } from '../parts/line-editor.tsx'

const text = (value: unknown) => (typeof value === 'string' ? value : '')
const parse = (typed: string) => (typed.trim() === '' ? nothing : plain(typed.trim()))

/** Only web addresses become links; anything else stays text, whatever the server let through. */
function Display({ value }: { value: unknown }) {
  const address = text(value)
  if (!/^https?:\/\//i.test(address)) return address
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener noreferrer nofollow"
      tabIndex={-1}
      className="truncate hover:underline"
      onClick={(event) => event.stopPropagation()}
    >
      {address.replace(/^https?:\/\/(?:www\.)?/i, '').replace(/\/$/, '')}
    </a>
  )
}

export const urlField: FieldUi = {
  icon: Link2,
  align: 'start',
  width: 180,
  Display,
  Editor: (props: EditorProps) => (
    <LineEditor {...props} start={text(props.value)} parse={parse} inputMode="url" />
  ),
  text,
  parse,
  FilterInput: TextFilter,
  FilterWords: PlainFilterWords,
}
