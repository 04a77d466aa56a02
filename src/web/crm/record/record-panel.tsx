import type { ObjectView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Maximize2, X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { recordOptions } from '../../api/queries.ts'
import { IconButton } from '../../ui/button.tsx'
import { Problem, Skeleton } from '../../ui/states.tsx'
import { ObjectIcon } from '../object-icon.tsx'
import type { Tab } from '../view.ts'
import { RecordMenu } from './record-menu.tsx'
import { RecordTabs } from './record-tabs.tsx'

type Props = { object: ObjectView; id: string; tab: Tab; onTab: (tab: Tab) => void; onClose: () => void }

/** One record over the right third of its table; the whole screen on a phone. */
export function RecordPanel({ object, id, tab, onTab, onClose }: Props) {
  const { data: record, error, refetch } = useQuery(recordOptions(object.name, id))
  const panel = useRef<HTMLElement>(null)

  useEffect(() => {
    // On a phone the panel covers the table, so the keyboard belongs in it.
    if (matchMedia('(max-width: 1023px)').matches) panel.current?.focus()
  }, [])

  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={record ? record.label : object.label}
      className="panel flex min-h-0 w-full shrink-0 flex-col border-l border-line bg-canvas outline-none max-lg:fixed max-lg:inset-0 max-lg:z-30 max-lg:border-l-0 sm:max-lg:left-auto sm:max-lg:w-[440px] sm:max-lg:border-l sm:max-lg:shadow-lg lg:w-[clamp(360px,33vw,560px)]"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        event.preventDefault()
        event.stopPropagation()
        onClose()
      }}
    >
      <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line px-3">
        <ObjectIcon icon={object.icon} />
        <h2 className="ml-1 min-w-0 grow truncate text-sm font-semibold">{record?.label ?? ' '}</h2>
        {record && <RecordMenu object={object} record={record} onDeleted={onClose} />}
        <Link
          to="/o/$object/$id"
          params={{ object: object.name, id }}
          aria-label="Open the full page"
          title="Open the full page"
          className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink pointer-coarse:size-10"
        >
          <Maximize2 size={15} />
        </Link>
        <IconButton label="Close the record" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      {record ? (
        <RecordTabs object={object} record={record} tab={tab} onTab={onTab} />
      ) : error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : (
        <div className="p-4">
          <Skeleton lines={9} />
        </div>
      )}
    </aside>
  )
}
