import { Collapsible } from '@base-ui/react/collapsible'
import { useQuery } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { grantHistoryOptions } from '../api/queries.ts'
import { HistoryEntry } from '../crm/history/history-entry.tsx'
import { Problem, Skeleton } from '../ui/states.tsx'

/** What the app changed lately, each with its Undo. Asked for when it is opened. */
export function GrantActivity({ grant }: { grant: string }) {
  const [open, setOpen] = useState(false)
  const { data, error } = useQuery({ ...grantHistoryOptions(grant), enabled: open })
  return (
    <Collapsible.Root open={open} onOpenChange={setOpen} className="border-t border-line">
      <Collapsible.Trigger className="group flex h-10 w-full items-center gap-1.5 rounded-md px-4 text-table font-medium text-muted hover:text-ink pointer-coarse:h-11">
        <ChevronRight
          size={15}
          className="transition-transform group-data-panel-open:rotate-90"
          aria-hidden
        />
        What it changed
      </Collapsible.Trigger>
      <Collapsible.Panel className="px-4 pb-4">
        {error ? (
          <Problem error={error} />
        ) : !data ? (
          <Skeleton lines={3} />
        ) : data.entries.length === 0 ? (
          <p className="text-table text-faint">Nothing yet. What it only reads isn’t listed here.</p>
        ) : (
          <ol>
            {data.entries.map((entry) => (
              <HistoryEntry key={entry.id} entry={entry} canUndo />
            ))}
          </ol>
        )}
      </Collapsible.Panel>
    </Collapsible.Root>
  )
}
