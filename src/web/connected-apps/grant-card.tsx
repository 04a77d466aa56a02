import type { GrantView } from '#contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { BadgeCheck, CircleHelp } from 'lucide-react'
import { useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { bootstrapOptions, memory, objectsOptions } from '../api/queries.ts'
import { AgentMark } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { ago, fullTime, shortDay } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'
import { GrantActivity } from './grant-activity.tsx'

export function GrantCard({ grant }: { grant: GrantView }) {
  const { data: bootstrap } = useQuery(bootstrapOptions)
  const [asking, setAsking] = useState(false)
  const { client } = grant
  const ended = grant.status === 'ended'
  const end = useMutation({
    mutationFn: () => api('DELETE', `/grants/${encodeURIComponent(grant.id)}`),
    onSuccess: () => {
      setAsking(false)
      toast(`${client.name} has no access any more`)
      return memory.invalidateQueries({ queryKey: ['grants'] })
    },
    onError: (error) => toast('The access wasn’t ended', { description: sentence(error), tone: 'problem' }),
  })

  return (
    <li className={`rounded-md border border-line ${ended ? 'bg-surface' : ''}`} aria-label={client.name}>
      <div className="flex flex-wrap items-start gap-3 p-4">
        <AgentMark
          app={client.name}
          size={40}
          {...(bootstrap?.state === 'signed-in' && { person: bootstrap.member.name })}
        />
        <div className="min-w-0 grow basis-52">
          <h2 className="flex flex-wrap items-center gap-x-2 text-sm font-semibold [overflow-wrap:anywhere]">
            {client.name}
            {grant.status === 'provisional' && (
              <span className="rounded-sm bg-amber-soft px-1.5 text-xs leading-5 font-medium text-amber">
                Waits for an administrator
              </span>
            )}
          </h2>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-table text-muted">
            <Origin grant={grant} />
            <span>Answers go to {grant.redirectHost}</span>
          </p>
        </div>
        {!ended && (
          <Button small look="ending" onClick={() => setAsking(true)}>
            End access
          </Button>
        )}
      </div>
      <div className="grid gap-4 border-t border-line p-4 sm:grid-cols-2">
        <Limits grant={grant} />
        <Dates grant={grant} />
      </div>
      <GrantActivity grant={grant.id} />
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`End ${client.name}’s access?`}
        description="Its next request is refused, everywhere it is signed in with this permission. What it did stays in the history and can still be undone. To use it again you connect it again."
        verb="End access"
        busy={end.isPending}
        onConfirm={() => end.mutate()}
      />
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

function Limits({ grant: { scopes, limits } }: { grant: GrantView }) {
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
      <p className="mt-1 text-table text-muted">
        {names
          ? `Only in ${new Intl.ListFormat('en').format(names.map((name) => name.toLowerCase()))}`
          : 'In all objects you can see'}
      </p>
    </div>
  )
}

function Dates({ grant }: { grant: GrantView }) {
  const rows: [string, string, string | null][] = [
    ['Allowed', shortDay(grant.createdAt), grant.createdAt],
    ['Last used', grant.lastUsedAt ? ago(grant.lastUsedAt) : 'Never', grant.lastUsedAt],
    grant.status === 'ended'
      ? [
          'Ended',
          grant.endedAt ? `${shortDay(grant.endedAt)}, ${grant.endedReason ?? ''}`.replace(/, $/, '') : '',
          grant.endedAt,
        ]
      : ['Ends', grant.expiresAt ? shortDay(grant.expiresAt) : 'When you end it', grant.expiresAt],
  ]
  return (
    <dl className="flex flex-col gap-1 text-table">
      {rows.map(([name, words, at]) => (
        <div key={name} className="flex gap-3">
          <dt className="w-20 shrink-0 text-faint">{name}</dt>
          <dd title={at ? fullTime(at) : undefined}>{words}</dd>
        </div>
      ))}
    </dl>
  )
}
