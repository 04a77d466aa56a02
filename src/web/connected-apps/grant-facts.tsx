import { reachesRecords } from '#contract'
import type { GrantView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { objectsOptions } from '../api/queries.ts'
import { ago, fullTime, shortDay } from '../ui/time.ts'
import { deedsOptions } from './grants.ts'

/** What it may do, and where. */
export function GrantLimits({ grant }: { grant: GrantView }) {
  const { scopes, limits } = grant
  const { data: objects = [] } = useQuery(objectsOptions)
  const names = limits.objects?.map((name) => objects.find((one) => one.name === name)?.labelPlural ?? name)
  return (
    <div>
      <h3 className="text-xs font-medium text-faint">It may</h3>
      <ul className="mt-1 flex flex-col gap-0.5 text-table">
        {scopes.map(({ scope, words }) => (
          <li key={scope}>{words}</li>
        ))}
      </ul>
      {reachesRecords(grant) && (
        <p className="mt-1 text-table text-muted">
          {names
            ? `Only in ${new Intl.ListFormat('en').format(names.map((name) => name.toLowerCase()))}`
            : 'In all objects you can see'}
        </p>
      )}
      {limits.addresses && (
        <p className="mt-1 text-table text-muted [overflow-wrap:anywhere]">
          Only from {limits.addresses.join(', ')}
        </p>
      )}
    </div>
  )
}

type Fact = { name: string; words: string; at?: string | null; more?: string }

/** When it was allowed and used, from where, what it did lately, and when it ends. */
export function GrantDates({ grant }: { grant: GrantView }) {
  const { data: lately } = useQuery({ ...deedsOptions, enabled: grant.status !== 'ended' })
  const facts: Fact[] = [
    { name: 'Allowed', words: shortDay(grant.createdAt), at: grant.createdAt },
    {
      name: 'Last used',
      words: grant.lastUsedAt ? ago(grant.lastUsedAt) : 'Never',
      at: grant.lastUsedAt,
      more: [grant.lastIp && `from ${grant.lastIp}`, grant.lastTool && `(${grant.lastTool})`]
        .filter(Boolean)
        .join(' '),
    },
    ...(lately
      ? [{ name: '30 days', words: deedsInWords(lately.deeds[grant.id], reachesRecords(grant)) }]
      : []),
    grant.status === 'ended'
      ? {
          name: 'Ended',
          words: [grant.endedAt && shortDay(grant.endedAt), grant.endedReason].filter(Boolean).join(', '),
          at: grant.endedAt,
        }
      : {
          name: 'Ends',
          words: grant.expiresAt ? shortDay(grant.expiresAt) : 'When you end it',
          at: grant.expiresAt,
        },
  ]
  return (
    <dl className="flex flex-col gap-1 text-table">
      {facts.map(({ name, words, at, more }) => (
        <div key={name} className="flex gap-3">
          <dt className="w-20 shrink-0 text-faint">{name}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]" title={at ? fullTime(at) : undefined}>
            {words}
            {more && <span className="text-muted"> {more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** What an app changes at somebody else's server isn't ours to count. */
function deedsInWords(
  deeds: { calls: number; refused: number; changes: number } | undefined,
  ofRecords: boolean,
): string {
  if (!deeds || deeds.calls === 0) return 'No calls'
  const counted = [count(deeds.calls, 'call'), ...(ofRecords ? [count(deeds.changes, 'change')] : [])]
  if (deeds.refused > 0) counted.push(`${deeds.refused.toLocaleString()} refused`)
  return counted.join(', ')
}

function count(number: number, what: string): string {
  return `${number.toLocaleString()} ${what}${number === 1 ? '' : 's'}`
}
