import type { ClientDetail } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { memory } from '../../api/queries.ts'
import { Page, Section } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { Notice, Problem, Skeleton } from '../../ui/states.tsx'
import { toast } from '../../ui/toast.tsx'
import { AppActions } from './app-actions.tsx'
import { AppDecisions } from './app-decisions.tsx'
import { AppFacts } from './app-facts.tsx'
import { AppForm } from './app-form.tsx'
import { AppSecrets } from './app-secrets.tsx'
import { AppState } from './app-state.tsx'
import { appOptions } from './app-search.ts'
import { AppUnattended } from './app-unattended.tsx'

const route = getRouteApi('/settings/apps/app')

/** One app: what it says of itself, how it proves who it is, who let it in, and what to do about it. */
export function AppPage() {
  const { id } = route.useSearch()
  const { data: app, error, refetch } = useQuery(appOptions(id))
  useEffect(() => {
    document.title = `${app?.name ?? 'App'} · Tandem`
  }, [app?.name])
  if (error) {
    return (
      <Page title="App">
        <Problem error={error} retry={() => void refetch()} />
      </Page>
    )
  }
  if (!app) {
    return (
      <Page title="App">
        <Skeleton lines={10} />
      </Page>
    )
  }
  return <Known app={app} />
}

function Known({ app }: { app: ClientDetail }) {
  const navigate = useNavigate()
  const [editing, setEditing] = useState(false)
  const manual = app.registration === 'manual'
  const { active, provisional, people } = app.grants
  return (
    <Page
      title={app.name}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          <AppState state={app.state} />
          <span>
            {app.verifiedDomain ??
              (manual ? 'Set up by an administrator' : 'Unverified: anybody can say this name')}
          </span>
        </span>
      }
      action={
        <div className="flex flex-wrap gap-2">
          {manual && !editing && (
            <Button small onClick={() => setEditing(true)}>
              Edit
            </Button>
          )}
          <AppDecisions app={app} />
          <AppActions
            apps={[app]}
            onDone={(act) => {
              if (act === 'delete') void navigate({ to: '/settings/apps', search: {}, replace: true })
            }}
          />
        </div>
      }
    >
      {app.state === 'waiting' && (
        <Notice>
          {provisional === 1 ? 'One person waits' : `${provisional} permissions wait`} for an administrator’s
          decision about this app.
        </Notice>
      )}
      {editing ? (
        <Section title="Edit">
          <AppForm
            app={app}
            onCancel={() => setEditing(false)}
            onDone={() => {
              setEditing(false)
              toast('The app is changed')
              void memory.invalidateQueries({ queryKey: ['apps'] })
            }}
          />
        </Section>
      ) : (
        <>
          <Section title="Used by">
            <p className="text-table">
              {active + provisional === 0
                ? 'Nobody has it connected.'
                : `${people === 1 ? 'One person' : `${people} people`}${provisional === 0 ? '' : active === 0 ? ', waiting for you' : `, ${provisional} waiting for you`}.`}{' '}
              {active + provisional > 0 && (
                <Link
                  to="/settings/grants"
                  search={{ client: app.id }}
                  className="font-medium text-accent underline-offset-2 hover:underline"
                >
                  See every permission
                </Link>
              )}
            </p>
          </Section>
          <AppUnattended app={app} />
          {manual && app.secrets.length > 0 && <AppSecrets app={app} />}
          <AppFacts app={app} />
        </>
      )}
    </Page>
  )
}
