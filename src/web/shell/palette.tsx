import { useIsFetching, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { CornerDownLeft, Hexagon, Plug, Plus, Search, Settings, SunMoon } from 'lucide-react'
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { foundBefore } from '../api/found-before.ts'
import { bootstrapOptions, objectsOptions, searchOptions } from '../api/queries.ts'
import { ObjectIcon } from '../crm/object-icon.tsx'
import { startCreating } from '../crm/creating.ts'
import { Overlay } from '../ui/dialog.tsx'
import { useTheme } from '../ui/theme.ts'
import { settingsPages, type SettingsPage } from './settings-pages.ts'

type Entry = {
  key: string
  label: string
  icon: ReactNode
  note?: string | undefined
  /** Other words it is found by. */
  also?: string
  run: () => void
}

/** Ctrl K: records by name, pages, actions. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Overlay open={open} onClose={onClose} title="Find a record, a page or an action">
      <PaletteBody onClose={onClose} />
    </Overlay>
  )
}

function PaletteBody({ onClose }: { onClose: () => void }) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  // Not deferred: who types fast and presses Enter means what she typed, not what was listed before.
  const wanted = text.trim()
  const searching = useIsFetching({ queryKey: searchOptions(wanted).queryKey }) > 0
  const records = useRecordEntries(wanted)
  const pages = usePageEntries(wanted)
  // A page called what is typed comes before records that merely resemble it.
  const named = pages.filter(({ label }) => label.toLowerCase().startsWith(wanted.toLowerCase()))
  const entries = [...named, ...records, ...pages.filter((page) => !named.includes(page))]
  const active = entries[Math.min(at, entries.length - 1)]

  function run(entry: Entry | undefined) {
    if (!entry) return
    onClose()
    entry.run()
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const next =
        (Math.min(at, entries.length - 1) + (event.key === 'ArrowDown' ? 1 : -1) + entries.length) %
        entries.length
      setAt(next)
      list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(active)
    }
  }

  return (
    <>
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Search size={16} className="shrink-0 text-faint" aria-hidden />
        <input
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={active ? `${id}-${active.key}` : undefined}
          aria-label="Find a record, a page or an action"
          placeholder="Find a record, a page or an action…"
          autoComplete="off"
          value={text}
          className="h-12 w-full bg-transparent text-sm outline-none pointer-coarse:text-base"
          onChange={(event) => {
            setText(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label="Results"
        className="max-h-[min(420px,60vh)] overflow-y-auto p-1.5"
      >
        {entries.map((entry) => (
          <div
            key={entry.key}
            id={`${id}-${entry.key}`}
            role="option"
            aria-selected={entry === active}
            tabIndex={-1}
            className="flex min-h-9 items-center gap-2.5 rounded-md px-2 text-table select-none aria-selected:bg-hover pointer-coarse:min-h-11"
            onPointerMove={() => setAt(entries.indexOf(entry))}
            onPointerUp={() => run(entry)}
          >
            {entry.icon}
            <span className="min-w-0 truncate">{entry.label}</span>
            {entry.note && (
              <span className="ml-auto min-w-0 truncate pl-3 text-xs text-faint">{entry.note}</span>
            )}
            {entry === active && (
              <CornerDownLeft
                size={14}
                className={`shrink-0 text-faint ${entry.note ? '' : 'ml-auto'}`}
                aria-hidden
              />
            )}
          </div>
        ))}
      </div>
      {entries.length === 0 && (
        <p role="status" className="px-4 pt-2 pb-5 text-table text-muted">
          {searching ? 'Searching…' : `Nothing is called “${wanted}”.`}
        </p>
      )}
    </>
  )
}

function useRecordEntries(wanted: string): Entry[] {
  const navigate = useNavigate()
  const { data: objects = [] } = useQuery(objectsOptions)
  const { data: found = [], isPlaceholderData: old } = useQuery(searchOptions(wanted))
  if (wanted === '') return []
  const hits = old ? foundBefore(found, wanted) : found
  return hits.map((hit) => {
    const object = objects.find((one) => one.name === hit.object)
    return {
      key: hit.id,
      label: hit.label || 'Untitled',
      icon: <ObjectIcon icon={object?.icon ?? ''} />,
      note: hit.snippet ?? object?.label,
      run: () => void navigate({ to: '/o/$object/$id', params: { object: hit.object, id: hit.id } }),
    }
  })
}

function usePageEntries(wanted: string): Entry[] {
  const navigate = useNavigate()
  const [theme, setTheme] = useTheme()
  const { data: objects = [] } = useQuery(objectsOptions)
  const { data } = useQuery(bootstrapOptions)
  const administrator = data?.state === 'signed-in' && data.member.role === 'administrator'
  const icon = 'shrink-0 text-faint'
  const entries: Entry[] = [
    ...objects.map((object) => ({
      key: `go-${object.name}`,
      label: object.labelPlural,
      icon: <ObjectIcon icon={object.icon} />,
      note: 'Go to',
      run: () => void navigate({ to: '/o/$object', params: { object: object.name } }),
    })),
    ...objects
      .filter((object) => object.can.create)
      .map((object) => ({
        key: `new-${object.name}`,
        label: `New ${object.label.toLowerCase()}`,
        icon: <Plus size={16} className={icon} />,
        note: 'Create',
        run: () => startCreating(object.name),
      })),
    {
      key: 'apps',
      label: 'Connected apps',
      icon: <Hexagon size={16} className={icon} />,
      note: 'Go to',
      run: () => void navigate({ to: '/connected-apps' }),
    },
    {
      key: 'connect',
      label: 'Connect an agent',
      icon: <Plug size={16} className={icon} />,
      note: 'Go to',
      run: () => void navigate({ to: '/connect-an-agent' }),
    },
    ...settingsPages
      .filter(({ administrators }) => administrator || !administrators)
      .flatMap((group): readonly SettingsPage[] => group.pages)
      .map((page) => ({
        key: page.to,
        label: page.label,
        icon: <Settings size={16} className={icon} />,
        note: 'Settings',
        also: page.also,
        run: () => void navigate({ to: page.to }),
      })),
    {
      key: 'theme',
      label: theme === 'dark' ? 'Light colours' : 'Dark colours',
      icon: <SunMoon size={16} className={icon} />,
      note: 'Switch to',
      run: () => setTheme(theme === 'dark' ? 'light' : 'dark'),
    },
  ]
  const text = wanted.toLowerCase()
  return entries.filter(({ label, also = '' }) => `${label} ${also}`.toLowerCase().includes(text))
}
