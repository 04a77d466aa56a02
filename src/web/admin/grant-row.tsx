import type { GrantView } from '#contract'
import { Link } from '@tanstack/react-router'
import { GrantState } from '../connected-apps/grant-state.tsx'
import { AgentMark } from '../ui/avatar.tsx'
import { Checkbox } from '../ui/switch.tsx'
import { ago, fullTime } from '../ui/time.ts'
import { AppOrigin } from './apps/app-origin.tsx'
import { GrantAddresses } from './grant-addresses.tsx'
import { kindNames, stateNames } from './grant-search.ts'

type Props = { grant: GrantView; person: string; selected: boolean; onSelect: (on: boolean) => void }

export function GrantRow({ grant, person, selected, onSelect }: Props) {
  const { client, status, stopped, lastUsedAt, lastIp } = grant
  const quiet = status === 'active' && !stopped
  return (
    <tr data-selected={selected} className="data-[selected=true]:bg-accent-soft">
      <td className="py-2 pl-3">
        {status !== 'ended' && (
          <Checkbox label={`Select ${client.name} of ${person}`} checked={selected} onChange={onSelect} />
        )}
      </td>
      <td className="max-w-56 px-3 py-2">
        <span className="flex items-center gap-2">
          <AgentMark app={client.name} person={person} />
          <span className="min-w-0">
            <Link
              to="/settings/grants"
              search={{ client: client.id }}
              title={`Only ${client.name}`}
              className="block truncate font-medium hover:underline"
            >
              <bdi>{client.name}</bdi>
            </Link>
            <AppOrigin
              verifiedDomain={client.verifiedDomain}
              hosts={grant.redirectHost === '' ? [] : [grant.redirectHost]}
            />
          </span>
        </span>
      </td>
      <td className="max-w-40 truncate px-3 py-2">{person}</td>
      <td className="px-3 py-2 whitespace-nowrap" title={grant.endedReason ?? undefined}>
        {quiet ? stateNames.active : <GrantState grant={grant} />}
      </td>
      <td className="px-3 py-2 whitespace-nowrap text-muted">{kindNames[grant.kind]}</td>
      <td
        className="max-w-48 truncate px-3 py-2 text-muted"
        title={grant.scopes.map((s) => s.words).join('\n')}
      >
        {grant.scopes.map(({ scope }) => scope).join(' ')}
      </td>
      <td className="px-3 py-2 whitespace-nowrap text-muted tabular-nums">
        {lastUsedAt ? (
          <time dateTime={lastUsedAt} title={fullTime(lastUsedAt)}>
            {ago(lastUsedAt)}
          </time>
        ) : (
          'Never'
        )}
        {lastIp && <span className="text-faint"> · {lastIp}</span>}
      </td>
      <td className="px-3 py-2 whitespace-nowrap">
        {status === 'ended' ? (
          <span className="text-faint">{grant.limits.addresses?.join(', ') ?? 'Anywhere'}</span>
        ) : (
          <GrantAddresses grant={grant} person={person} />
        )}
      </td>
      <td className="px-3 py-2 whitespace-nowrap">
        <Link
          to="/settings/audit"
          search={{ grant: grant.id }}
          className="font-medium text-accent underline-offset-2 hover:underline"
        >
          Follow
        </Link>
      </td>
    </tr>
  )
}
