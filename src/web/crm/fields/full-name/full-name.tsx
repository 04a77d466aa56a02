import { User } from 'lucide-react'
import { useState, type KeyboardEvent } from 'react'
import { inputClass } from '../../../ui/text-field.tsx'
import { nothing, plain, type EditorProps, type FieldUi, type Move } from '../field-ui.ts'
import { PlainFilterWords, TextFilter } from '../parts/filters.tsx'
import { PopupEditor } from '../parts/popup-editor.tsx'

type Name = { first: string; last: string }

function read(value: unknown): Name {
  if (typeof value !== 'object' || value === null) return { first: '', last: '' }
  const first = 'first' in value && typeof value.first === 'string' ? value.first : ''
  const last = 'last' in value && typeof value.last === 'string' ? value.last : ''
  return { first, last }
}

const join = ({ first, last }: Name) => `${first} ${last}`.trim()
const text = (value: unknown) => join(read(value))
const edit = (name: Name) => (join(name) === '' ? nothing : plain(name))

/** The last word is the last name; "Lovelace, Ada" works too. */
function split(typed: string): Name {
  const [last, first] = typed.split(',').map((part) => part.trim())
  if (first !== undefined) return { first, last: last ?? '' }
  const words = typed.trim().split(/\s+/u)
  return {
    first: words.slice(0, -1).join(' ') || (words[0] ?? ''),
    last: words.length > 1 ? (words.at(-1) ?? '') : '',
  }
}

function Editor({ field, value, typed, onCommit, onCancel }: EditorProps) {
  const [name, setName] = useState<Name>(typed === undefined ? read(value) : { first: typed, last: '' })
  const save = (move: Move) =>
    join(name) === text(value) && move === 'stay' ? onCancel() : onCommit(edit(name), move)

  function onKeyDown(event: KeyboardEvent) {
    event.stopPropagation()
    if (event.key === 'Enter') {
      event.preventDefault()
      save('down')
    } else if (event.key === 'Escape') {
      event.preventDefault()
      onCancel()
    }
  }
  return (
    <PopupEditor
      label={field.label}
      shown={<span className="truncate">{join(name)}</span>}
      onClose={() => save('stay')}
    >
      <div
        className="flex w-80 max-w-full gap-2 p-2"
        onKeyDown={onKeyDown}
        role="group"
        aria-label={field.label}
      >
        <input
          autoFocus
          aria-label="First name"
          placeholder="First name"
          className={inputClass}
          value={name.first}
          onChange={(event) => setName({ ...name, first: event.target.value })}
        />
        <input
          aria-label="Last name"
          placeholder="Last name"
          className={inputClass}
          value={name.last}
          onChange={(event) => setName({ ...name, last: event.target.value })}
        />
      </div>
    </PopupEditor>
  )
}

export const fullNameField: FieldUi = {
  icon: User,
  align: 'start',
  width: 190,
  Display: ({ value }) => text(value),
  Editor,
  text,
  parse: (typed) => (typed.trim() === '' ? nothing : edit(split(typed))),
  FilterInput: TextFilter,
  FilterWords: PlainFilterWords,
}
