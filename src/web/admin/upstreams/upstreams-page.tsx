import type { UpstreamView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus, Waypoints } from 'lucide-react'
import { useEffect } from 'react'
import { Page } from '../../shell/page.tsx'
import { EmptyState, Problem, Skeleton } from '../../ui/states.tsx'
import { ago, fullTime } from '../../ui/time.ts'
import { UpstreamState } from './upstream-state.tsx'
import { kindNames, placeOf, toolsWords, upstreamsOptions } from './upstreams.ts'

const heads = ['Upstream', 'State', 'Tools', 'Checked']

/** Other people's servers behind Tandem; for administrators. */
export function UpstreamsPage() {
  const { data, error, refetch } = useQuery(upstreamsOptions)
  useEffect(() => {
    document.title = 'Upstreams · Tandem'
  }, [])
  const upstreams = data?.upstreams ?? []
  return (
    <Page
      wide
      title="Upstreams"
      lead="Servers that agents reach through Tandem: with its sign-in, its limits and its record in front of them."
      action={upstreams.length > 0 && <NewLink />}
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton lines={6} />
      ) : upstreams.length === 0 ? (
        <EmptyState icon={<Waypoints size={28} />} title="Nothing is behind Tandem yet" action={<NewLink />}>
          Put an MCP server that you have, a program on this machine, or a Twenty workspace behind Tandem.
          Agents then sign in here, people say what each may use, and nobody hands out keys any more.
        </EmptyState>
      ) : (
        <div
          role="region"
          aria-label="Upstreams"
          tabIndex={0}
          className="overflow-x-auto rounded-md border border-line"
        >
          <table className="w-full text-left text-table">
            <thead className="text-xs text-faint">
              <tr>
                {heads.map((head) => (
                  <th key={head} scope="col" className="px-3 py-2 font-medium whitespace-nowrap">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line border-t border-line">
              {upstreams.map((upstream) => (
                <Row key={upstream.id} upstream={upstream} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Page>
  )
}

function Row({ upstream }: { upstream: UpstreamView }) {
  const { id, title, kind, health, counts } = upstream
  return (
    <tr>
      <td className="max-w-80 px-3 py-2 max-sm:max-w-44">
        <Link
          to="/settings/upstreams/$id"
          params={{ id }}
          title={title}
          className="block truncate font-medium hover:underline"
        >
          <bdi>{title}</bdi>
        </Link>
        <span className="block truncate text-xs text-faint" title={placeOf(upstream)}>
          <span className="max-sm:hidden">{kindNames[kind]} · </span>
          {placeOf(upstream)}
        </span>
      </td>
      <td className="max-w-64 px-3 py-2">
        <UpstreamState state={health.state} />
        {health.state === 'trouble' && (
          <span className="mt-0.5 block truncate text-xs text-muted" title={health.trouble ?? ''}>
            {health.trouble}
          </span>
        )}
      </td>
      <td className="px-3 py-2 whitespace-nowrap text-muted tabular-nums">
        {toolsWords(counts.allowed)}
        {counts.waiting > 0 && (
          <span className="ml-2 rounded-sm bg-amber-soft px-1.5 text-xs leading-5 font-medium text-amber">
            {counts.waiting} to review
          </span>
        )}
      </td>
      <td className="px-3 py-2 whitespace-nowrap text-muted tabular-nums">
        {health.checkedAt ? (
          <time dateTime={health.checkedAt} title={fullTime(health.checkedAt)}>
            {ago(health.checkedAt)}
          </time>
        ) : (
          'Never'
        )}
      </td>
    </tr>
  )
}

function NewLink() {
  return (
    <Link
      to="/settings/upstreams/new"
      className="inline-flex h-9 shrink-0 items-center gap-1.5 rounded-md bg-accent-fill px-3 text-sm font-medium whitespace-nowrap text-white hover:bg-accent-fill-hover pointer-coarse:h-11"
    >
      <Plus size={16} aria-hidden /> Add an upstream
    </Link>
  )
}
