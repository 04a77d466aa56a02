import type { ClientView } from '#contract'
import { Link } from '@tanstack/react-router'
import { AgentMark } from '../../ui/avatar.tsx'
import { Checkbox } from '../../ui/switch.tsx'
import { ago, day, fullTime } from '../../ui/time.ts'
import { kindNames } from './app-search.ts'
import { AppOrigin } from './app-origin.tsx'
import { AppState } from './app-state.tsx'

type Props = { app: ClientView; selected: boolean; onSelect: (on: boolean) => void }

export function AppRow({ app, selected, onSelect }: Props) {
  const { grants } = app
  return (
    <tr data-selected={selected} className="data-[selected=true]:bg-accent-soft">
      <td className="py-2 pl-3">
        <Checkbox label={`Select ${app.name}`} checked={selected} onChange={onSelect} />
      </td>
      <td className="max-w-64 px-3 py-2">
        <span className="flex items-center gap-2">
          <AgentMark app={app.name} />
          <span className="min-w-0">
            <Link
              to="/settings/apps/app"
              search={{ id: app.id }}
              className="block truncate font-medium hover:underline"
            >
              <bdi>{app.name}</bdi>
            </Link>
            <AppOrigin verifiedDomain={app.verifiedDomain} hosts={app.redirectHosts} />
          </span>
        </span>
      </td>
      <td className="px-3 py-2 whitespace-nowrap text-muted">{kindNames[app.registration]}</td>
      <td className="px-3 py-2">
        <AppState state={app.state} />
      </td>
      <td className="px-3 py-2 whitespace-nowrap text-muted tabular-nums">{grantWords(grants)}</td>
      <td className="px-3 py-2 whitespace-nowrap text-muted tabular-nums">
        {app.lastUsedAt ? day(app.lastUsedAt) : 'Never'}
      </td>
      <td className="px-3 py-2 whitespace-nowrap text-muted tabular-nums">
        <time dateTime={app.firstSeenAt} title={fullTime(app.firstSeenAt)}>
          {ago(app.firstSeenAt)}
        </time>
      </td>
    </tr>
  )
}

/** "3 people", and how many more wait. */
function grantWords({ active, provisional, people }: ClientView['grants']): string {
  if (active + provisional === 0) return 'Nobody'
  const who = people === 1 ? '1 person' : `${people.toLocaleString()} people`
  if (provisional === 0) return who
  return active === 0 ? `${who}, waiting` : `${who}, ${provisional} waiting`
}
