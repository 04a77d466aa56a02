import { AlignLeft } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../../ui/button.tsx'
import { nothing, plain, type EditorProps, type FieldUi } from '../field-ui.ts'
import { PlainFilterWords, TextFilter } from '../parts/filters.tsx'
import { PopupEditor } from '../parts/popup-editor.tsx'

const text = (value: unknown) => (typeof value === 'string' ? value : '')
const parse = (typed: string) => (typed.trim() === '' ? nothing : plain(typed.trim()))

function Editor({ field, value, typed, onCommit, onCancel }: EditorProps) {
  const [draft, setDraft] = useState(typed ?? text(value))
  const save = () => (draft === text(value) ? onCancel() : onCommit(parse(draft), 'stay'))
  return (
    <PopupEditor label={field.label} shown={<span className="truncate">{draft}</span>} onClose={save}>
      <div className="w-[min(480px,calc(100vw-16px))] p-2">
        <textarea
          autoFocus
          aria-label={field.label}
          rows={8}
          value={draft}
          className="w-full resize-y rounded-sm bg-transparent p-1 text-sm outline-none pointer-coarse:text-base"
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            event.stopPropagation()
            if (event.key === 'Escape') {
              event.preventDefault()
              onCancel()
            } else if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
              event.preventDefault()
              save()
            }
          }}
        />
        <div className="flex items-center justify-end gap-2 border-t border-line pt-2">
          <span className="mr-auto text-xs text-faint">Ctrl Enter saves, Esc cancels</span>
          <Button small look="primary" onClick={save}>
            Save
          </Button>
        </div>
      </div>
    </PopupEditor>
  )
}

export const longTextField: FieldUi = {
  icon: AlignLeft,
  align: 'start',
  width: 280,
  Display: ({ value }) => text(value),
  Editor,
  text,
  parse,
  FilterInput: TextFilter,
  FilterWords: PlainFilterWords,
}
