import type { SessionView } from '#contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, sentence } from '../api/client.ts'
import { memory, sessionsOptions } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Problem, Skeleton } from '../ui/states.tsx'
import { ago, shortDay } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'

export function SessionList() {
  const { data: sessions, error } = useQuery(sessionsOptions)
  const end = useMutation({
    mutationFn: (session: SessionView) => api('DELETE', `/sessions/${encodeURIComponent(session.id)}`),
    onSuccess: () => {
      toast('The session has ended')
      return memory.invalidateQueries({ queryKey: ['sessions'] })
    },
    onError: (failure) =>
      toast('The session wasn’t ended', { description: sentence(failure), tone: 'problem' }),
  })
  if (error) return <Problem error={error} />
  if (!sessions) return <Skeleton lines={3} />
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {sessions.map((session) => (
        <li key={session.id} className="flex min-h-14 items-center gap-3 px-4 py-2 text-table">
          <div className="min-w-0 grow">
            <p className="truncate font-medium">
              {session.device}{' '}
              {session.current && <span className="font-normal text-accent">· this one</span>}
            </p>
            <p className="truncate text-muted">
              {session.ip} · seen {ago(session.lastSeenAt)} · since {shortDay(session.startedAt)}
            </p>
          </div>
          {!session.current && (
            <Button small disabled={end.isPending} onClick={() => end.mutate(session)}>
              End
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}
