import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { api } from '../api/client.ts'
import { Page } from '../shell/page.tsx'
import { Button } from '../ui/button.tsx'
import { Problem, Skeleton } from '../ui/states.tsx'
import { ago, fullTime } from '../ui/time.ts'

/** What the server tells of one audit entry. */
type Entry = {
  seq: number
  at: string
  event: string
  outcome: 'ok' | 'refused' | 'failed'
  actor: { kind: string; name?: string; id?: string; client?: string }
  subject?: { kind: string; id: string; name?: string }
  ip?: string
  detail?: Record<string, string | number | boolean | null>
}

const size = 50
const auditOptions = infiniteQueryOptions({
  queryKey: ['audit'],
  queryFn: async ({ pageParam, signal }) => {
    const before = pageParam === null ? '' : `&before=${pageParam}`
    return (await api<{ entries: Entry[] }>('GET', `/audit?limit=${size}${before}`, undefined, signal))
      .entries
  },
  initialPageParam: null as number | null,
  getNextPageParam: (last) => (last.length === size ? last.at(-1)?.seq : undefined),
  staleTime: 0,
})

/** The record of what happened, for administrators. */
export function AuditPage() {
  const audit = useInfiniteQuery(auditOptions)
  useEffect(() => {
    document.title = 'Audit · Tandem'
  }, [])
  const entries = audit.data?.pages.flat() ?? []
  return (
    <>
      <Page
        title="Audit"
        lead="Sign-ins, permissions, refusals, tool calls and changes. Each line is chained to the one before, so nobody can alter one unnoticed."
      >
        {audit.isError ? (
          <Problem error={audit.error} retry={() => void audit.refetch()} />
        ) : audit.isPending ? (
          <Skeleton lines={12} />
        ) : (
          <div
            className="overflow-x-auto rounded-md border border-line"
            tabIndex={0}
            role="region"
            aria-label="Audit entries"
          >
            <table className="w-full text-left text-table">
              <thead className="text-xs text-faint">
                <tr>
                  {['When', 'Who', 'What', 'Of what', 'From'].map((head) => (
                    <th key={head} scope="col" className="px-3 py-2 font-medium whitespace-nowrap">
                      {head}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="divide-y divide-line border-t border-line">
                {entries.map((entry) => (
                  <Row key={entry.seq} entry={entry} />
                ))}
              </tbody>
            </table>
          </div>
        )}
        {audit.hasNextPage && (
          <Button className="mt-4" onClick={() => void audit.fetchNextPage()}>
            Show earlier entries
          </Button>
        )}
      </Page>
    </>
  )
}

function Row({ entry }: { entry: Entry }) {
  const { actor, subject, detail } = entry
  const more = Object.entries(detail ?? {}).map(([name, value]) => `${name}: ${value}`)
  return (
    <tr title={more.join('\n')}>
      <td className="px-3 py-2 whitespace-nowrap text-muted">
        <time dateTime={entry.at} title={fullTime(entry.at)}>
          {ago(entry.at)}
        </time>
      </td>
      <td className="max-w-48 truncate px-3 py-2">{actor.name ?? actor.client ?? actor.id ?? actor.kind}</td>
      <td className="px-3 py-2 whitespace-nowrap">
        {words(entry.event)}
        {entry.outcome !== 'ok' && (
          <span className={`ml-2 ${entry.outcome === 'failed' ? 'text-danger' : 'text-amber'}`}>
            {entry.outcome}
          </span>
        )}
      </td>
      <td className="max-w-48 truncate px-3 py-2 text-muted">
        {subject ? (subject.name ?? subject.kind) : ''}
      </td>
      <td className="px-3 py-2 text-muted tabular-nums">{entry.ip ?? ''}</td>
    </tr>
  )
}

/** `change_set.applied` → "Change set applied". */
function words(event: string): string {
  const text = event.replace(/[._]/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
