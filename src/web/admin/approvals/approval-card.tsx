import type { ApprovalView } from '#contract'
import { Link } from '@tanstack/react-router'
import { BadgeCheck, CircleHelp } from 'lucide-react'
import { AgentMark } from '../../ui/avatar.tsx'
import { Notice } from '../../ui/states.tsx'
import { useHandOn } from '../../ui/use-hand-on.ts'
import { ago, fullTime } from '../../ui/time.ts'
import { ApprovalActions } from './approval-actions.tsx'
import { ApprovalChanges } from './approval-changes.tsx'

/** One app: who asked, for what, from where, what it says of itself; and the decision. */
export function ApprovalCard({ approval }: { approval: ApprovalView }) {
  const { client, lookAlike, changes, asked } = approval
  const entry = useHandOn()
  return (
    <li ref={entry} className="rounded-md border border-line" aria-label={client.name}>
      <div className="flex flex-wrap items-start gap-3 p-4">
        <AgentMark app={client.name} size={40} />
        <div className="min-w-0 grow basis-52">
          <h3 className="text-sm font-semibold [overflow-wrap:anywhere]">
            <Link to="/settings/apps/app" search={{ id: client.id }} className="hover:underline">
              <bdi>{client.name}</bdi>
            </Link>
          </h3>
          <Origin client={client} />
        </div>
        <ApprovalActions approval={approval} />
      </div>
      {lookAlike && (
        <div className="px-4 pb-4">
          <Notice>{lookAlike}</Notice>
        </div>
      )}
      {changes.length > 0 && <ApprovalChanges changes={changes} />}
      <div className="grid gap-4 border-t border-line p-4 sm:grid-cols-2">
        <Facts approval={approval} />
        {asked.length > 0 && <Asked asked={asked} />}
      </div>
    </li>
  )
}

function Origin({ client }: Pick<ApprovalView, 'client'>) {
  return (
    <p className="mt-0.5 flex items-center gap-1 text-table text-muted [overflow-wrap:anywhere]">
      {client.verifiedDomain ? (
        <>
          <BadgeCheck size={15} className="shrink-0 text-accent" aria-hidden /> {client.verifiedDomain}{' '}
          vouches for it
        </>
      ) : (
        <>
          <CircleHelp size={15} className="shrink-0 text-amber" aria-hidden /> Unverified: it chose its name
          itself
        </>
      )}
    </p>
  )
}

function Facts({ approval: { client, liveGrants } }: { approval: ApprovalView }) {
  const rows: [string, string[]][] = [
    [
      'Answers go to',
      client.redirectUris.length > 0 ? client.redirectUris : ['Nowhere: it uses device codes'],
    ],
    [
      'First seen',
      [`${ago(client.firstSeenAt)}${client.firstSeenFrom ? ` from ${client.firstSeenFrom}` : ''}`],
    ],
    ...(client.registration === 'metadata-document'
      ? [['Document', [client.id]] satisfies [string, string[]]]
      : []),
    ['Keys', [client.keys]],
    ['Permissions', [liveGrants === 1 ? '1 given' : `${liveGrants} given`]],
    ...(client.scopes ? [['Narrowed to', [client.scopes.join(', ')]] satisfies [string, string[]]] : []),
    ...Object.entries(client.links).map(([name, url]): [string, string[]] => [
      linkNames[name] ?? name,
      [url],
    ]),
  ]
  return (
    <dl className="flex min-w-0 flex-col gap-1 text-table">
      {rows.map(([name, lines]) => (
        <div key={name} className="flex gap-3">
          <dt className="w-24 shrink-0 text-faint">{name}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">
            {lines.map((line) => (
              <span key={line} className="block">
                {line}
              </span>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  )
}

const linkNames: Record<string, string> = {
  client_uri: 'Home page',
  logo_uri: 'Logo',
  policy_uri: 'Privacy',
  tos_uri: 'Terms',
}

function Asked({ asked }: Pick<ApprovalView, 'asked'>) {
  return (
    <div className="min-w-0">
      <h4 className="text-xs font-medium text-faint">Who allowed it</h4>
      <ul className="mt-1 flex flex-col gap-2 text-table">
        {asked.map((one) => (
          <li key={`${one.person} ${one.at}`}>
            <span className="font-medium">{one.person}</span>{' '}
            <time dateTime={one.at} title={fullTime(one.at)} className="text-muted">
              {ago(one.at)}
              {one.ip ? ` from ${one.ip}` : ''}
            </time>
            <span className="block text-muted">
              {one.scopes.map(({ words }) => words).join(', ')}
              {one.redirectHost ? ` · back to ${one.redirectHost}` : ''}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
