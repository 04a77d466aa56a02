import type { GrantView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Hexagon, Plug } from 'lucide-react'
import { useEffect } from 'react'
import { grantsOptions } from '../api/queries.ts'
import { Page } from '../shell/page.tsx'
import { EmptyState, Notice, Problem, Skeleton } from '../ui/states.tsx'
import { ago } from '../ui/time.ts'
import { GrantCard } from './grant-card.tsx'

/** The apps that work in her name: what each may do, what it did, and the way to end it. */
export function ConnectedAppsPage() {
  const { data: grants, error, refetch } = useQuery(grantsOptions)
  useEffect(() => {
    document.title = 'Connected apps · Tandem'
  }, [])
  const live = grants?.filter((grant) => grant.status !== 'ended') ?? []
  const ended = grants?.filter((grant) => grant.status === 'ended') ?? []
  return (
    <Page
      title="Connected apps"
      lead="Apps and agents that work in your name. Each can do only what you allowed, and nothing after you end it."
      action={<ConnectLink />}
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !grants ? (
        <Skeleton lines={8} />
      ) : (
        <>
          <Alarms grants={ended} />
          {live.length === 0 && (
            <EmptyState icon={<Hexagon size={28} />} title="No app is connected" action={<ConnectLink />}>
              Give your assistant the address of this Tandem. It will send you to a page where you decide what
              it may do.
            </EmptyState>
          )}
          <ul className="flex flex-col gap-4">
            {live.map((grant) => (
              <GrantCard key={grant.id} grant={grant} />
            ))}
          </ul>
          {ended.length > 0 && (
            <section className="mt-10">
              <h2 className="mb-3 text-sm font-semibold text-muted">Ended</h2>
              <ul className="flex flex-col gap-4">
                {ended.map((grant) => (
                  <GrantCard key={grant.id} grant={grant} />
                ))}
              </ul>
            </section>
          )}
        </>
      )}
    </Page>
  )
}

const week = 7 * 86_400_000

/** What ended lately because somebody else may have had its tokens: the person should hear of it, and why. */
function Alarms({ grants }: { grants: GrantView[] }) {
  const fresh = grants.filter(isFreshAlarm)
  if (fresh.length === 0) return null
  return (
    <div className="mb-4 flex flex-col gap-2">
      {fresh.map((grant) => (
        <Notice key={grant.id}>
          {grant.client.name}’s access was ended {ago(grant.endedAt ?? '')}: {grant.endedReason} A copy of its
          tokens may be in other hands, or the app lost track of them. Look at what it changed before you
          connect it again.
        </Notice>
      ))}
    </div>
  )
}

function isFreshAlarm({ alarming, endedAt }: GrantView): boolean {
  return alarming && endedAt !== null && Date.now() - Date.parse(endedAt) < week
}

function ConnectLink() {
  return (
    <Link
      to="/connect-an-agent"
      className="inline-flex h-9 shrink-0 items-center whitespace-nowrap gap-1.5 rounded-md bg-accent-fill px-3 text-sm font-medium text-white hover:bg-accent-fill-hover pointer-coarse:h-11"
    >
      <Plug size={16} aria-hidden /> Connect an agent
    </Link>
  )
}
