import { useQuery } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useEffect } from 'react'
import { connectionsOptions } from '../api/queries.ts'
import { Page } from '../shell/page.tsx'
import { EmptyState, Notice, Problem, Skeleton } from '../ui/states.tsx'
import { ConnectionRow } from './connection-row.tsx'
import { KeyRow } from './key-row.tsx'
import { keysOptions } from './keys.ts'

/** What a person proves herself with at other servers, for apps that use them in her name. */
export function KeysPage() {
  const keys = useQuery(keysOptions)
  const connections = useQuery(connectionsOptions)
  const upstreams = keys.data
  const error = keys.error ?? connections.error
  useEffect(() => {
    document.title = 'Keys · Tandem'
  }, [])
  const broken = [
    ...(upstreams?.filter((one) => one.enabled && one.broken !== null) ?? []),
    ...(connections.data?.filter((one) => one.enabled && one.state === 'broken') ?? []),
  ]
  const retry = () => void Promise.all([keys.refetch(), connections.refetch()])
  return (
    <Page
      title="Keys"
      lead="Servers that apps reach through Tandem with a key or an account of yours. Tandem keeps what it needs sealed and sends it to that server only."
    >
      {error ? (
        <Problem error={error} retry={retry} />
      ) : !upstreams || !connections.data ? (
        <Skeleton lines={6} />
      ) : upstreams.length + connections.data.length === 0 ? (
        <EmptyState icon={<KeyRound size={28} />} title="No server here needs a key of yours">
          When an administrator adds one that wants each person’s own key or account, it appears here.
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-4">
          {broken.length > 0 && (
            <Notice>
              {broken.length === 1 ? 'Something here doesn’t' : `${broken.length} of these don’t`} work any
              more: apps can’t use {broken.map(({ title }) => title).join(', ')} in your name.
            </Notice>
          )}
          <ul
            aria-label="Keys"
            className="divide-y divide-line overflow-hidden rounded-md border border-line"
          >
            {upstreams.map((upstream) => (
              <KeyRow key={upstream.upstream} upstream={upstream} />
            ))}
            {connections.data.map((connection) => (
              <ConnectionRow key={connection.upstream} connection={connection} />
            ))}
          </ul>
        </div>
      )}
    </Page>
  )
}
