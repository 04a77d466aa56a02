import type { AuditEntryView, RateFigure } from '#contract'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Gauge } from 'lucide-react'
import { useEffect } from 'react'
import { api } from '../api/client.ts'
import { Page, Section } from '../shell/page.tsx'
import { EmptyState, Problem, Skeleton } from '../ui/states.tsx'
import { ago, fullTime } from '../ui/time.ts'

type Limits = { figures: RateFigure[]; reached: AuditEntryView[] }

const limitsOptions = queryOptions({
  queryKey: ['limits'],
  queryFn: ({ signal }) => api<Limits>('GET', '/limits', undefined, signal),
  staleTime: 0,
})

const byWords: Record<RateFigure['by'], string> = {
  address: 'each address',
  'address and app': 'each app at each address',
  app: 'each app',
  grant: 'each permission',
}

/** How much each may ask, and who asked more lately. For administrators. */
export function LimitsPage() {
  const { data, error, refetch } = useQuery(limitsOptions)
  useEffect(() => {
    document.title = 'Rate limits · Tandem'
  }, [])
  return (
    <Page
      title="Rate limits"
      lead="Whoever asks more is told to wait and when to come back. Many people behind one address don’t use up each other’s share."
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton lines={10} />
      ) : (
        <>
          <Section title="Figures">
            <Figures figures={data.figures} />
          </Section>
          <Section title="Reached lately">
            {data.reached.length === 0 ? (
              <EmptyState icon={<Gauge size={28} />} title="Nobody reached a limit" />
            ) : (
              <ul className="divide-y divide-line rounded-md border border-line">
                {data.reached.map((entry) => (
                  <Reached key={entry.seq} entry={entry} figures={data.figures} />
                ))}
              </ul>
            )}
          </Section>
        </>
      )}
    </Page>
  )
}

function Figures({ figures }: { figures: RateFigure[] }) {
  return (
    <div
      className="overflow-x-auto rounded-md border border-line"
      role="region"
      aria-label="Figures"
      tabIndex={0}
    >
      <table className="w-full text-left text-table">
        <thead className="text-xs text-faint">
          <tr>
            <th scope="col" className="px-3 py-2 font-medium">
              What
            </th>
            <th scope="col" className="px-3 py-2 text-right font-medium">
              A minute
            </th>
            <th scope="col" className="px-3 py-2 font-medium">
              For
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-t border-line">
          {figures.map(({ name, what, limit, window, by }) => (
            <tr key={name}>
              <td className="px-3 py-2">{what}</td>
              <td className="px-3 py-2 text-right tabular-nums">
                {Math.round((limit * 60) / window).toLocaleString()}
              </td>
              <td className="px-3 py-2 text-muted sm:whitespace-nowrap">{byWords[by]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Reached({ entry, figures }: { entry: AuditEntryView; figures: RateFigure[] }) {
  const figure = figures.find(({ name }) => name === entry.detail?.['limit'])
  const who = entry.actor.name ?? entry.actor.client ?? entry.ip ?? 'Somebody'
  return (
    <li className="flex flex-wrap items-center gap-x-4 px-4 py-2 text-table">
      <span className="min-w-0 grow basis-40 truncate font-medium">{who}</span>
      <span className="text-muted">{figure?.what ?? String(entry.detail?.['limit'] ?? '')}</span>
      <span className="text-muted tabular-nums">{entry.ip}</span>
      <time className="text-faint" dateTime={entry.at} title={fullTime(entry.at)}>
        {ago(entry.at)}
      </time>
    </li>
  )
}
