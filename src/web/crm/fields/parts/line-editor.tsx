import { useRef, useState, type HTMLInputTypeAttribute, type KeyboardEvent } from 'react'
import type { EditorProps, Move, Parsed } from '../field-ui.ts'

type Props = EditorProps & {
  /** The text to begin with when nothing was typed. */
  start: string
  parse: (text: string) => Parsed
  type?: HTMLInputTypeAttribute
  inputMode?: 'text' | 'decimal' | 'email' | 'tel' | 'url'
  align?: 'start' | 'end'
  hint?: string
}

export const lineClass =
  'h-full min-h-[34px] w-full min-w-0 bg-raised px-2 text-table text-ink outline-2 -outline-offset-2 outline-accent pointer-coarse:text-base'

/** Edits one line in place: Enter and Tab commit, Esc cancels, leaving commits. */
export function LineEditor({
  field,
  start,
  typed,
  parse,
  type = 'text',
  inputMode,
  align = 'start',
  hint,
  ...props
}: Props) {
  const [text, setText] = useState(typed ?? start)
  const [problem, setProblem] = useState<string | null>(null)
  const done = useRef(false)

  function commit(move: Move) {
    if (done.current) return
    if (text === start) return leave()
    const parsed = parse(text)
    if ('problem' in parsed) return setProblem(parsed.problem)
    done.current = true
    props.onCommit(parsed, move)
  }
  function leave() {
    if (done.current) return
    done.current = true
    props.onCancel()
  }
  function onKeyDown(event: KeyboardEvent) {
    event.stopPropagation()
    if (event.nativeEvent.isComposing) return
    const move = moves[event.shiftKey ? `Shift+${event.key}` : event.key]
    if (move) {
      event.preventDefault()
      if (text === start && move !== 'stay') {
        done.current = true
        return props.onCommit({ send: undefined, show: undefined }, move)
      }
      commit(move)
    } else if (event.key === 'Escape') {
      event.preventDefault()
      leave()
    }
  }

  return (
    <div className="relative h-full w-full">
      <input
        autoFocus
        type={type}
        inputMode={inputMode}
        aria-label={field.label}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `problem-${field.id}`}
        placeholder={hint}
        value={text}
        className={`${lineClass} ${align === 'end' ? 'text-right tabular-nums' : ''}`}
        onFocus={(event) => type === 'text' && typed === undefined && event.currentTarget.select()}
        onChange={(event) => {
          setText(event.target.value)
          setProblem(null)
        }}
        onKeyDown={onKeyDown}
        onBlur={() => (problem === null ? commit('stay') : leave())}
      />
      {problem !== null && (
        <p
          id={`problem-${field.id}`}
          role="alert"
          className="absolute top-full left-0 z-30 mt-1 rounded-md border border-danger bg-raised px-2 py-1 text-xs text-danger shadow-md shadow-black/8"
        >
          {problem}
        </p>
      )}
    </div>
  )
}

const moves: Record<string, Move> = {
  Enter: 'down',
  Tab: 'next',
  'Shift+Tab': 'previous',
  'Shift+Enter': 'stay',
}
