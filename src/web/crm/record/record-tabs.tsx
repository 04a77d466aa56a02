import { Tabs } from '@base-ui/react/tabs'
import type { ObjectView, RecordView } from '#contract'
import { HistoryTimeline } from '../history/history-timeline.tsx'
import { tabs, type Tab } from '../view.ts'
import { RecordFiles } from './record-files.tsx'
import { RecordFields } from './record-fields.tsx'
import { RelatedRecords } from './related-records.tsx'

const names: Record<Tab, string> = {
  fields: 'Fields',
  related: 'Related',
  files: 'Files',
  history: 'History',
}

type Props = {
  object: ObjectView
  record: RecordView
  tab: Tab
  /** Tabs to offer; the full page shows the fields beside them. */
  offer?: readonly Tab[]
  onTab: (tab: Tab) => void
}

export function RecordTabs({ object, record, tab, offer = tabs, onTab }: Props) {
  const shown = offer.includes(tab) ? tab : (offer[0] ?? 'fields')
  return (
    <Tabs.Root
      value={shown}
      onValueChange={(next) => {
        const wanted = tabs.find((one) => one === next)
        if (wanted) onTab(wanted)
      }}
      className="flex min-h-0 grow flex-col"
    >
      <Tabs.List
        className="flex h-10 shrink-0 gap-1 border-b border-line px-3"
        aria-label="Parts of the record"
      >
        {offer.map((one) => (
          <Tabs.Tab
            key={one}
            value={one}
            className="relative h-full rounded-sm px-2 text-table text-muted -outline-offset-2 hover:text-ink data-active:font-medium data-active:text-ink data-active:after:absolute data-active:after:inset-x-2 data-active:after:-bottom-px data-active:after:h-0.5 data-active:after:bg-accent"
          >
            {names[one]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={shown} className="min-h-0 grow overflow-y-auto p-3 outline-none sm:p-4">
        {shown === 'fields' && <RecordFields object={object} record={record} />}
        {shown === 'related' && <RelatedRecords object={object} record={record} />}
        {shown === 'files' && <RecordFiles object={object} record={record} />}
        {shown === 'history' && <HistoryTimeline object={object} id={record.id} />}
      </Tabs.Panel>
    </Tabs.Root>
  )
}
