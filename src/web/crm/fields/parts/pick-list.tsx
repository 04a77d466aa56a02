import { Check } from 'lucide-react'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'

export type Pick = { key: string; label: string; show: ReactNode }

type Props = {
  label: string
  picks: readonly Pick[]
  chosen: readonly string[]
  /** What stands in the search line at first. */
  typed?: string | undefined
  /** Given: the list is searched elsewhere and this hears what was typed. */
  onSearch?: (text: string) => void
  loading?: boolean
  onPick: (key: string, by: 'Enter' | 'Tab' | 'pointer') => void
  onCancel?: () => void
}

/** A search line over a list; arrows move, Enter picks. */
export function PickList({
  label,
  picks,
  chosen,
  typed = '',
  onSearch,
  loading = false,
  onPick,
  onCancel,
}: Props) {
  const id = useId()
  const list = useRef<HTMLUListElement>(null)
  const [text, setText] = useState(typed)
  const wanted = text.trim().toLowerCase()
  const shown = onSearch ? picks : picks.filter((pick) => pick.label.toLowerCase().includes(wanted))
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      picks.findIndex((pick) => chosen.includes(pick.key)),
    ),
  )
  const active = shown[Math.min(at, shown.length - 1)]

  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' })
  }, [at])

  function onKeyDown(event: KeyboardEvent) {
    event.stopPropagation()
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      if (shown.length > 0) setAt((Math.min(at, shown.length - 1) + step + shown.length) % shown.length)
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      event.preventDefault()
      if (active) onPick(active.key, event.key)
      else onCancel?.()
    } else if (event.key === 'Escape' && onCancel) {
      event.preventDefault()
      onCancel()
    }
  }

  return (
    <div>
      <input
        autoFocus
        role="combobox"
        aria-label={label}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={active ? `${id}-${active.key}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        placeholder="Search…"
        value={text}
        className="h-9 w-full border-b border-line bg-transparent px-2.5 text-table outline-none pointer-coarse:h-11 pointer-coarse:text-base"
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
          onSearch?.(event.target.value)
        }}
        onKeyDown={onKeyDown}
      />
      <ul
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={label}
        className="max-h-64 overflow-y-auto p-1"
      >
        {shown.map((pick) => (
          <li
            key={pick.key}
            id={`${id}-${pick.key}`}
            role="option"
            aria-selected={chosen.includes(pick.key)}
            data-active={pick === active}
            className="flex min-h-8 items-center gap-2 rounded-sm px-2 text-table select-none data-[active=true]:bg-hover pointer-coarse:min-h-10"
            onPointerMove={() => setAt(shown.indexOf(pick))}
            onPointerDown={(event) => {
              event.preventDefault()
              onPick(pick.key, 'pointer')
            }}
          >
            <span className="flex min-w-0 grow items-center gap-2 truncate">{pick.show}</span>
            {chosen.includes(pick.key) && <Check size={14} className="shrink-0 text-accent" aria-hidden />}
          </li>
        ))}
      </ul>
      {shown.length === 0 && (
        <p role="status" className="px-3 pt-1 pb-3 text-table text-faint">
          {loading ? 'Searching…' : 'Nothing found'}
        </p>
      )}
    </div>
  )
}
