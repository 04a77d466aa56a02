import type { ConnectionView } from '#contract'
import { connectProblem, connectSentence } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { confirmed, NotConfirmed } from '../account/confirmed.ts'
import { ConfirmDialog } from '../account/confirm-dialog.tsx'
import { Door } from '../account/door.tsx'
import { FormProblem } from '../account/form-problem.tsx'
import { ApiFailure, api, sentence } from '../api/client.ts'
import { bootstrapOptions, connectionOptions } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Skeleton } from '../ui/states.tsx'

/**
 * Where agents and settings send a person who isn't connected to an upstream, and where she comes back to. Nothing goes
 * to the upstream before she says so here: whoever made her open this page can't decide it for her (confused deputy).
 */
export function UpstreamConnectPage() {
  const name = location.pathname.split('/')[2] ?? ''
  const { data, error } = useQuery(connectionOptions(name))
  if (error instanceof ApiFailure && error.status === 404)
    return (
      <Door title="Nothing to connect" lead="There is no connection of that name here any more.">
        <ToSettings />
      </Door>
    )
  if (error)
    return (
      <Door title="Connect">
        <FormProblem message={sentence(error)} />
      </Door>
    )
  if (!data)
    return (
      <Door title="Connect">
        <Skeleton lines={4} />
      </Door>
    )
  return <Known connection={data} />
}

function Known({ connection }: { connection: ConnectionView }) {
  const query = new URLSearchParams(location.search)
  const problem = connectProblem.safeParse(query.get('problem')).data
  const { title, host, state, broken, enabled } = connection
  if (!enabled)
    return (
      <Door
        title={`${title} is switched off`}
        lead="An administrator did that. Your connection waits; you can end it on the page of your keys."
      >
        <ToSettings />
      </Door>
    )
  if (query.has('done') && state === 'connected')
    return (
      <Door
        title={`You are connected to ${title}`}
        lead="Apps that you let use it through Tandem can do so now. Go back to the one that sent you and try again."
      >
        <ToSettings />
      </Door>
    )
  return (
    <Door
      title={state === 'none' ? `Connect ${title}` : `Connect ${title} again`}
      lead={
        broken === null
          ? `Apps that you let use ${title} through Tandem act with your account there.`
          : `Your connection is over: ${broken}.`
      }
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2 rounded-md border border-line p-4 text-table">
        <Fact name="You are">
          <Who />
        </Fact>
        <Fact name="Connects to">{host}</Fact>
        {state === 'connected' && <Fact name="Now">Connected</Fact>}
      </dl>
      <Ask connection={connection} problem={problem && connectSentence(problem, title)} />
      <p className="mt-5 text-xs text-faint">
        You sign in at {title} and come back here. Tandem keeps what it gives in its vault, for you alone;
        apps never see it. Did somebody else send you here? Then close this page.
      </p>
    </Door>
  )
}

function Ask({ connection, problem }: { connection: ConnectionView; problem: string | undefined }) {
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | null>(problem ?? null)
  async function connect() {
    setBusy(true)
    setFailed(null)
    try {
      const there = await confirmed(() =>
        api<{ location: string }>('POST', `/connections/${encodeURIComponent(connection.upstream)}`),
      )
      location.assign(there.location)
    } catch (error) {
      setBusy(false)
      if (!(error instanceof NotConfirmed)) setFailed(sentence(error))
    }
  }
  return (
    <div className="mt-4 flex flex-col gap-3">
      <FormProblem message={failed} />
      <Button look="primary" disabled={busy} onClick={() => void connect()}>
        <span className="truncate">
          {busy ? `Asking ${connection.title}…` : `Continue to ${connection.title}`}
        </span>
      </Button>
      <ConfirmDialog />
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 font-medium break-words">{children}</dd>
    </>
  )
}

function Who() {
  const { data } = useQuery(bootstrapOptions)
  if (data?.state !== 'signed-in') return null
  const { name, email } = data.member
  return (
    <>
      {name} <span className="font-normal text-muted">{email}</span>
    </>
  )
}

function ToSettings() {
  return (
    <p className="text-sm">
      <a className="font-medium text-accent underline underline-offset-2" href="/settings/keys">
        See your keys and connections
      </a>
    </p>
  )
}
