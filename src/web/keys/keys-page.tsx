import { useQuery } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useEffect } from 'react'
import { Page } from '../shell/page.tsx'
import { EmptyState, Notice, Problem, Skeleton } from '../ui/states.tsx'
import { KeyRow } from './key-row.tsx'
import { keysOptions } from './keys.ts'

/** What a person proves herself with at other servers, for apps that use them in her name. */
export function KeysPage() {
  const { data: upstreams, error, refetch } = useQuery(keysOptions)
  useEffect(() => {
    document.title = 'Keys · Tandem'
  }, [])
  const broken = upstreams?.filter((one) => one.enabled && one.broken !== null) ?? []
  return (
    <Page
      title="Keys"
      lead="Servers that apps reach through Tandem with a key of yours. Tandem keeps it sealed and sends it to that server only."
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !upstreams ? (
        <Skeleton lines={6} />
      ) : upstreams.length === 0 ? (
        <EmptyState icon={<KeyRound size={28} />} title="No server here needs a key of yours">
          When an administrator adds one that wants each person’s own key, it appears here.
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-4">
          {broken.length > 0 && (
            <Notice>
              {broken.length === 1 ? 'A key doesn’t' : `${broken.length} keys don’t`} work any more: apps
              can’t use {broken.map(({ title }) => title).join(', ')} in your name.
            </Notice>
          )}
          <ul
            aria-label="Keys"
            className="divide-y divide-line overflow-hidden rounded-md border border-line"
          >
            {upstreams.map((upstream) => (
              <KeyRow key={upstream.upstream} upstream={upstream} />
            ))}
          </ul>
        </div>
      )}
    </Page>
  )
}
