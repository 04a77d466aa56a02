import type { ObjectView } from '#contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { recordHistoryOptions } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState, Problem, Skeleton } from '../../ui/states.tsx'
import { HistoryEntry } from './history-entry.tsx'

/** What happened to one record, newest first: who, what, why, and the way back. */
export function HistoryTimeline({ object, id }: { object: ObjectView; id: string }) {
  const history = useInfiniteQuery(recordHistoryOptions(object.name, id))
  if (history.isError) return <Problem error={history.error} retry={() => void history.refetch()} />
  if (!history.data) return <Skeleton lines={8} />
  const entries = history.data.pages.flatMap((page) => page.entries)
  if (entries.length === 0) {
    return <EmptyState title="Nothing happened yet">Changes by people and agents will stand here.</EmptyState>
  }
  return (
    <>
      <ol aria-label="History" className="relative flex flex-col">
        {entries.map((entry) => (
          <HistoryEntry key={entry.id} entry={entry} about={id} canUndo={object.can.update} />
        ))}
      </ol>
      {history.hasNextPage && (
        <Button small look="quiet" className="mt-2" onClick={() => void history.fetchNextPage()}>
          Show earlier changes
        </Button>
      )}
    </>
  )
}
