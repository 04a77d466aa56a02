import type { SessionView } from '#contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { memory, sessionsOptions } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Notice, Problem, Skeleton } from '../ui/states.tsx'
import { ago, shortDay } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'

const refresh = () => memory.invalidateQueries({ queryKey: ['sessions'] })
const one = (session: SessionView) => `/sessions/${encodeURIComponent(session.id)}`

export function SessionList() {
  const { data: sessions, error } = useQuery(sessionsOptions)
  const [asking, setAsking] = useState(false)
  const onError = (failure: unknown) =>
    toast('The session wasn’t ended', { description: sentence(failure), tone: 'problem' })
  const end = useMutation({
    mutationFn: (session: SessionView) => api('DELETE', one(session)),
    onSuccess: () => {
      toast('The session has ended')
      return refresh()
    },
    onError,
  })
  const endOthers = useMutation({
    mutationFn: () => api<{ ended: number }>('DELETE', '/sessions'),
    onSuccess: ({ ended }) => {
      toast(ended === 1 ? 'One session has ended' : `${ended} sessions have ended`)
      return refresh()
    },
    onError,
    onSettled: () => setAsking(false),
  })
  const recognise = useMutation({
    mutationFn: (session: SessionView) => api('POST', `${one(session)}/recognise`),
    onSuccess: refresh,
  })
  if (error) return <Problem error={error} />
  if (!sessions) return <Skeleton lines={3} />
  const others = sessions.filter(({ current }) => !current).length
  return (
    <div className="flex flex-col gap-3">
      {sessions.some(({ newDevice }) => newDevice) && (
        <Notice>
          Somebody signed in as you on a device that wasn’t used before. If it wasn’t you, end that session
          and change your password.
        </Notice>
      )}
      <ul className="divide-y divide-line rounded-md border border-line">
        {sessions.map((session) => (
          <li
            key={session.id}
            className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-table"
          >
            <div className="min-w-0 grow basis-48">
              <p className="truncate font-medium">
                {session.device}{' '}
                {session.current && <span className="font-normal text-accent">· this one</span>}
                {session.newDevice && <span className="font-normal text-amber">· new device</span>}
              </p>
              <p className="text-muted">
                {session.signedInWith} · {session.ip} · seen {ago(session.lastSeenAt)} · since{' '}
                {shortDay(session.startedAt)}
              </p>
            </div>
            <span className="flex gap-2">
              {session.newDevice && (
                <Button small disabled={recognise.isPending} onClick={() => recognise.mutate(session)}>
                  It was me
                </Button>
              )}
              {!session.current && (
                <Button small look="ending" disabled={end.isPending} onClick={() => end.mutate(session)}>
                  End
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {others > 0 && (
        <Button className="self-start" onClick={() => setAsking(true)}>
          End all others
        </Button>
      )}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={others === 1 ? 'End the other session?' : `End ${others} other sessions?`}
        description="Whoever is there has to sign in again. Agents you connected go on."
        verb={others === 1 ? 'End it' : `End ${others} sessions`}
        busy={endOthers.isPending}
        onConfirm={() => endOthers.mutate()}
      />
    </div>
  )
}
