import type { ObjectView } from '#contract'
import { Plus, Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { startCreating } from '../creating.ts'
import { ObjectIcon } from '../object-icon.tsx'
import { ColumnsMenu } from './columns-menu.tsx'
import type { Columns } from './use-columns.ts'

type Props = {
  object: ObjectView
  count: number | undefined
  columns: Columns
  words: string
  onWords: (words: string) => void
  /** Where saved views are chosen. */
  views: ReactNode
}

export function TableHeader({ object, count, columns, words, onWords, views }: Props) {
  const [text, setText] = useState(words)
  const [seen, setSeen] = useState(words)
  if (seen !== words) {
    setSeen(words)
    if (words !== text.trim()) setText(words)
  }
  useEffect(() => {
    if (text.trim() === words) return
    const timer = setTimeout(() => onWords(text.trim()), 250)
    return () => clearTimeout(timer)
  }, [text, words, onWords])

  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-3 sm:px-4">
      <ObjectIcon icon={object.icon} />
      <h1 className="truncate text-sm font-semibold">{object.labelPlural}</h1>
      <span
        className="text-table text-faint tabular-nums"
        aria-label={count === undefined ? undefined : `${count} in all`}
      >
        {count === undefined ? '' : new Intl.NumberFormat().format(count)}
      </span>
      {views}
      <label className="ml-auto flex h-7 min-w-0 items-center gap-1.5 rounded-md border border-transparent px-2 text-faint focus-within:border-accent hover:bg-hover pointer-coarse:h-10">
        <Search size={14} className="shrink-0" aria-hidden />
        <input
          type="search"
          aria-label={`Search ${object.labelPlural.toLowerCase()}`}
          placeholder="Search"
          value={text}
          className="w-14 min-w-0 bg-transparent text-table text-ink outline-none transition-[width] focus:w-36 sm:focus:w-44"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && (setText(''), event.currentTarget.blur())}
        />
      </label>
      <ColumnsMenu object={object} columns={columns} />
      {object.can.create && (
        <Button small look="primary" onClick={() => startCreating(object.name)}>
          <Plus size={14} aria-hidden />
          <span className="max-sm:sr-only">New {object.label.toLowerCase()}</span>
        </Button>
      )}
    </header>
  )
}
