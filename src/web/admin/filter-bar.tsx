import type { ReactNode } from 'react'
import { inputClass } from '../ui/text-field.tsx'
import { useTyped } from './use-typed.ts'

type Props = {
  /** What the words are looked for in. */
  label: string
  placeholder: string
  /** The words that hold now. */
  text: string | undefined
  onText: (text: string | undefined) => void
  /** The other filters. */
  children: ReactNode
}

/** A field for words, which hold a moment after they were typed, and the filters beside it. */
export function FilterBar({ label, placeholder, text, onText, children }: Props) {
  const [typed, setTyped] = useTyped(text ?? '', (words) => onText(words || undefined))
  return (
    <div role="search" className="mb-4 flex flex-wrap items-center gap-2 max-sm:grid max-sm:grid-cols-2">
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        maxLength={200}
        value={typed}
        className={`${inputClass} max-sm:col-span-2 sm:max-w-56`}
        onChange={(event) => setTyped(event.target.value)}
      />
      {children}
    </div>
  )
}
