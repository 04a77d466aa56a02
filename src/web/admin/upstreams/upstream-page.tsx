import type { UpstreamDetail } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { ApiFailure } from '../../api/client.ts'
import { CopyBlock } from '../../connected-apps/copy-block.tsx'
import { Page, Section } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState, Notice, Problem, Skeleton } from '../../ui/states.tsx'
import { ago, fullTime } from '../../ui/time.ts'
import { SignInThere } from './sign-in-there.tsx'
import { ToolList } from './tool-list.tsx'
import { ToolReview } from './tool-review.tsx'
import { UpstreamActions } from './upstream-actions.tsx'
import { UpstreamForm } from './upstream-form.tsx'
import { UpstreamState } from './upstream-state.tsx'
import { authNames, kindNames, placeOf, upstreamOptions } from './upstreams.ts'

const route = getRouteApi('/settings/upstreams/$id')

/** One upstream: how it is, what waits, what agents may use of it, and what to do about it. */
export function UpstreamPage() {
  const { id } = route.useParams()
  const { data: upstream, error, refetch } = useQuery(upstreamOptions(id))
  useEffect(() => {
    document.title = `${upstream?.title ?? 'Upstream'} · Tandem`
  }, [upstream?.title])
  if (error instanceof ApiFailure && error.status === 404)
    return (
      <Page title="Upstream">
        <EmptyState title="There is no such upstream here any more">
          <Link to="/settings/upstreams" className="font-medium text-accent underline underline-offset-2">
            See all upstreams
          </Link>
        </EmptyState>
      </Page>
    )
  if (error || !upstream) {
    return (
      <Page title="Upstream">
        {error ? <Problem error={error} retry={() => void refetch()} /> : <Skeleton lines={10} />}
      </Page>
    )
  }
  return <Known key={upstream.id} upstream={upstream} />
}

function Known({ upstream }: { upstream: UpstreamDetail }) {
  const [editing, setEditing] = useState(false)
  const edit = useRef<HTMLButtonElement>(null)
  const wasEdited = useRef(false)
  useEffect(() => {
    // Who leaves the form goes on where she opened it.
    if (wasEdited.current && !editing) edit.current?.focus()
    wasEdited.current = editing
  }, [editing])
  const { title, kind, health, resource } = upstream
  return (
    <Page
      title={title}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          <UpstreamState state={health.state} />
          <span className="[overflow-wrap:anywhere]">
            {kindNames[kind]} · {placeOf(upstream)}
          </span>
        </span>
      }
      action={<UpstreamActions upstream={upstream} />}
    >
      <Health upstream={upstream} />
      <Section title="Address" lead="Give this to apps; they are sent here to sign in.">
        <CopyBlock label="MCP address" text={resource} />
      </Section>
      {upstream.auth.kind === 'oauth' && <SignInThere upstream={upstream} />}
      <ToolReview upstream={upstream} />
      <ToolList upstream={upstream} />
      <Section title="Settings">
        {editing ? (
          <UpstreamForm upstream={upstream} onDone={() => setEditing(false)} />
        ) : (
          <>
            <Facts upstream={upstream} />
            <Button ref={edit} className="mt-4" small onClick={() => setEditing(true)}>
              Edit
            </Button>
          </>
        )}
      </Section>
    </Page>
  )
}

function Health({ upstream: { health, enabled, credential, auth, tools } }: { upstream: UpstreamDetail }) {
  const { state, trouble, checkedAt, since } = health
  const own = auth.kind === 'key' || auth.kind === 'oauth'
  return (
    <div className="mb-8 flex flex-col gap-2">
      {!enabled && <Notice>It is off: every call of an agent is refused.</Notice>}
      {enabled && state === 'trouble' && (
        <Notice>
          <span className="[overflow-wrap:anywhere]">
            {trouble}.{since && ` Since ${ago(since)}.`} Calls that need it fail until it is well.
          </span>
        </Notice>
      )}
      {credential?.broken && <Notice>Its secret doesn’t work any more: {credential.broken}</Notice>}
      {own && enabled && tools.length === 0 && (
        <Notice>
          It lists its tools to people it knows.{' '}
          <Link to="/settings/keys" className="font-medium underline underline-offset-2">
            {auth.kind === 'key' ? 'Add your own key' : 'Connect yourself'}
          </Link>
          , then check again.
        </Notice>
      )}
      {enabled && state === 'well' && checkedAt && (
        <p className="text-table text-muted">
          {since && `Well since ${ago(since)}. `}
          Checked{' '}
          <time dateTime={checkedAt} title={fullTime(checkedAt)}>
            {ago(checkedAt)}
          </time>
          .
        </p>
      )}
    </div>
  )
}

function Facts({ upstream }: { upstream: UpstreamDetail }) {
  const { url, server, auth, limits, ipAllowlist, credential, liveGrants, baseUrls } = upstream
  const rows: [string, string][] = [
    url === null ? ['Program', server ?? ''] : ['Address', url],
    ...(baseUrls.length > 0 ? [['Other workspaces', baseUrls.join('\n')] satisfies [string, string]] : []),
    ['How Tandem signs in there', authNames[auth.kind]],
    ...('header' in auth && url !== null ? [['Header', auth.header] satisfies [string, string]] : []),
    ...(auth.kind === 'header'
      ? [['Secret', credential ? `Set ${ago(credential.updatedAt)}` : 'Missing'] satisfies [string, string]]
      : []),
    ['Apps with access', liveGrants === 0 ? 'None yet' : liveGrants.toLocaleString()],
    ['Agents come from', ipAllowlist.length === 0 ? 'Everywhere' : ipAllowlist.join('\n')],
    ['Waits at most', `${limits.timeoutSeconds} s`],
    ['Calls at once', `${limits.atOnce}, of one person ${limits.atOnceEach}`],
    ['Calls a minute', limits.callsPerMinute?.toLocaleString() ?? 'As everywhere'],
  ]
  return (
    <dl className="divide-y divide-line rounded-md border border-line text-table">
      {rows.map(([what, value]) => (
        <div key={what} className="flex gap-4 px-3 py-2 max-sm:flex-col max-sm:gap-0.5">
          <dt className="w-44 shrink-0 text-faint">{what}</dt>
          <dd className="min-w-0 whitespace-pre-line [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
