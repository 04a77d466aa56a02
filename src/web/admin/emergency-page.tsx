import type { GrantView, StopView } from '#contract'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { CircleCheck, OctagonX } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api } from '../api/client.ts'
import { Page, Section } from '../shell/page.tsx'
import { AgentMark } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import { Problem, Skeleton } from '../ui/states.tsx'
import { ago, fullTime } from '../ui/time.ts'
import { StopDialog } from './stop-dialog.tsx'
import { stopsOptions, useStops } from './stops.ts'

/** The apps that people connected, once each, by name and origin; `live` while one of their permissions holds. */
const appsOptions = queryOptions({
  queryKey: ['grants', 'apps'],
  queryFn: async ({ signal }) => {
    const { grants } = await api<{ grants: GrantView[] }>('GET', '/grants?all=1', undefined, signal)
    const live = new Set(grants.flatMap(({ status, client }) => (status === 'ended' ? [] : [client.id])))
    const apps = new Map(
      grants.map(({ client: { id, name, verifiedDomain }, redirectHost }) => {
        const origin = verifiedDomain ? `verified: ${verifiedDomain}` : redirectHost || 'a device'
        return [id, { id, name, origin, live: live.has(id) }]
      }),
    )
    return [...apps.values()].toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
  },
})

/** The emergency stop, for administrators: every agent, or one app. */
export function EmergencyPage() {
  const { data: stops, error, refetch } = useQuery(stopsOptions)
  useEffect(() => {
    document.title = 'Emergency stop · Tandem'
  }, [])
  return (
    <Page
      title="Emergency stop"
      lead="Stops agents everywhere within a second, without taking anything away: when you lift it, each goes on with the permission it had."
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !stops ? (
        <Skeleton lines={5} />
      ) : (
        <Stops stops={stops} />
      )}
    </Page>
  )
}

function Stops({ stops }: { stops: StopView[] }) {
  const { data: apps = [] } = useQuery(appsOptions)
  const [asking, setAsking] = useState(false)
  // Kept while the dialog closes, so that its words don't change on the way out.
  const [asked, setAsked] = useState<string | null>(null)
  const [chosen, setChosen] = useState('')
  const { stop, lift } = useStops(() => setAsking(false))
  const all = stops.find(({ client }) => client === null)
  const some = stops.filter(({ client }) => client !== null)
  const nameOf = (id: string) => apps.find((app) => app.id === id)?.name ?? id
  const originOf = (id: string) => apps.find((app) => app.id === id)?.origin ?? ''
  const free = apps.filter(({ id, live }) => live && some.every(({ client }) => client !== id))
  const ask = (client: string | null) => {
    setAsked(client)
    setAsking(true)
  }

  return (
    <>
      <div
        role="status"
        className={`flex flex-wrap items-center gap-3 rounded-md border p-4 ${all ? 'border-danger bg-danger-soft' : 'border-line'}`}
      >
        {all ? (
          <OctagonX size={24} className="shrink-0 text-danger" aria-hidden />
        ) : (
          <CircleCheck size={24} className="shrink-0 text-accent" aria-hidden />
        )}
        <div className="min-w-0 grow basis-56">
          <h2 className="text-sm font-semibold">{all ? 'All agents are stopped' : 'Agents may work'}</h2>
          <p className="text-table text-muted">
            {all ? <Why stop={all} /> : 'Their calls and their refreshes are answered.'}
          </p>
        </div>
        {all ? (
          <Button disabled={lift.isPending} onClick={() => lift.mutate(null)}>
            Let agents go on
          </Button>
        ) : (
          <Button look="danger" onClick={() => ask(null)}>
            Stop all agents
          </Button>
        )}
      </div>

      <Section title="One app" lead="When it is clear which app it is, the others can go on working.">
        {some.length > 0 && (
          <ul className="mb-3 divide-y divide-line rounded-md border border-line">
            {some.map((one) => (
              <li key={one.client} className="flex flex-wrap items-center gap-3 px-4 py-3 text-table">
                <AgentMark app={nameOf(one.client ?? '')} size={28} />
                <div className="min-w-0 grow basis-48">
                  <p className="truncate font-medium">
                    <bdi>{nameOf(one.client ?? '')}</bdi>{' '}
                    <span className="font-normal text-muted">{originOf(one.client ?? '')}</span>
                  </p>
                  <p className="text-muted">
                    <Why stop={one} />
                  </p>
                </div>
                <Button small disabled={lift.isPending} onClick={() => lift.mutate(one.client)}>
                  Let it go on
                </Button>
              </li>
            ))}
          </ul>
        )}
        {free.length > 0 ? (
          <div className="flex flex-wrap gap-2">
            <ChoiceField
              label="App"
              className="w-64"
              value={chosen}
              choices={[
                { value: '', label: 'Choose an app' },
                ...free.map(({ id, name, origin }) => ({ value: id, label: `${name} (${origin})` })),
              ]}
              onChange={setChosen}
            />
            <Button look="ending" disabled={chosen === ''} onClick={() => ask(chosen)}>
              Stop this app
            </Button>
          </div>
        ) : (
          some.length === 0 && <p className="text-table text-faint">No app is connected.</p>
        )}
      </Section>
      <StopDialog
        key={asked}
        open={asking}
        app={asked === null ? null : `${nameOf(asked)} (${originOf(asked)})`}
        busy={stop.isPending}
        onClose={() => setAsking(false)}
        onStop={(more) => stop.mutate({ client: asked, ...more })}
      />
    </>
  )
}

function Why({ stop: { by, reason, at } }: { stop: StopView }) {
  return (
    <>
      By {by || 'an administrator'},{' '}
      <time dateTime={at} title={fullTime(at)}>
        {ago(at)}
      </time>
      : {reason}
    </>
  )
}
