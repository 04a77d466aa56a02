import { reachesRecords } from '#contract'
import type { GrantView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { BadgeCheck, CircleHelp } from 'lucide-react'
import { bootstrapOptions } from '../api/queries.ts'
import { AgentMark } from '../ui/avatar.tsx'
import { useHandOn } from '../ui/use-hand-on.ts'
import { GrantActions } from './grant-actions.tsx'
import { GrantActivity } from './grant-activity.tsx'
import { GrantDates, GrantLimits } from './grant-facts.tsx'
import { GrantState } from './grant-state.tsx'
import { kindWords } from './grants.ts'

/** One app: who it is, what it may do, when and from where it was used, what it did, and what to do about it. */
export function GrantCard({ grant }: { grant: GrantView }) {
  const { data: bootstrap } = useQuery(bootstrapOptions)
  const { client } = grant
  const ended = grant.status === 'ended'
  const entry = useHandOn()
  return (
    <li
      ref={entry}
      className={`rounded-md border border-line ${ended ? 'bg-surface' : ''}`}
      aria-label={client.name}
    >
      <div className="flex flex-wrap items-start gap-3 p-4">
        <AgentMark
          app={client.name}
          size={40}
          {...(bootstrap?.state === 'signed-in' && { person: bootstrap.member.name })}
        />
        <div className="min-w-0 grow basis-52">
          <h2 className="flex flex-wrap items-center gap-x-2 text-sm font-semibold [overflow-wrap:anywhere]">
            <bdi>{client.name}</bdi>
            {!ended && <GrantState grant={grant} />}
          </h2>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-table text-muted">
            <Origin grant={grant} />
            {grant.redirectHost !== '' && <span>Answers go to {grant.redirectHost}</span>}
            <span>{kindWords[grant.kind]}</span>
          </p>
        </div>
        {!ended && <GrantActions grant={grant} />}
      </div>
      <div className="grid gap-4 border-t border-line p-4 sm:grid-cols-2">
        <GrantLimits grant={grant} />
        <GrantDates grant={grant} />
      </div>
      {reachesRecords(grant) && <GrantActivity grant={grant.id} />}
    </li>
  )
}

function Origin({ grant: { client } }: { grant: GrantView }) {
  if (client.verifiedDomain) {
    return (
      <span className="flex items-center gap-1">
        <BadgeCheck size={15} className="text-accent" aria-hidden /> {client.verifiedDomain}
      </span>
    )
  }
  if (client.registration === 'manual') {
    return (
      <span className="flex items-center gap-1">
        <BadgeCheck size={15} className="text-accent" aria-hidden /> Added by an administrator
      </span>
    )
  }
  return (
    <span className="flex items-center gap-1">
      <CircleHelp size={15} className="text-amber" aria-hidden /> Unverified app
    </span>
  )
}
