import type { ConnectionView } from '#contract'
import { useRef, useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { ago, fullTime } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'
import { CredentialRow } from './credential-row.tsx'

const verbs = { none: 'Connect', connected: 'Connect again', broken: 'Connect again' } as const
const tones = { none: 'none', connected: 'good', broken: 'broken' } as const

/** A server where she signs in herself: connect on a page of its own, disconnect here. */
export function ConnectionRow({ connection }: { connection: ConnectionView }) {
  const [leaving, setLeaving] = useState(false)
  const [busy, setBusy] = useState(false)
  const connect = useRef<HTMLButtonElement>(null)
  const leave = useRef<HTMLButtonElement>(null)
  const { upstream, title, host, state, enabled } = connection
  const name = encodeURIComponent(upstream)

  async function disconnect() {
    setBusy(true)
    try {
      await api('DELETE', `/connections/${name}`)
      toast(`You are not connected to ${title} any more`)
      await memory.invalidateQueries({ queryKey: ['connections'] })
    } catch (error) {
      toast('You are still connected', { description: sentence(error), tone: 'problem' })
    } finally {
      setBusy(false)
      setLeaving(false)
    }
  }
  return (
    <CredentialRow
      title={title}
      where={host}
      tone={tones[state]}
      state={<State connection={connection} />}
      actions={
        <>
          {enabled && (
            <Button
              small
              ref={connect}
              look={state === 'connected' ? 'plain' : 'primary'}
              onClick={() => location.assign(`/connect/${name}`)}
            >
              {verbs[state]}
            </Button>
          )}
          {state !== 'none' && (
            <Button small ref={leave} look="ending" disabled={busy} onClick={() => setLeaving(true)}>
              Disconnect
            </Button>
          )}
        </>
      }
    >
      <Confirm
        open={leaving}
        onClose={() => setLeaving(false)}
        title={`Disconnect from ${title}?`}
        description={`Apps that use ${title} in your name stop working until you connect again. Tandem tells ${title} that its access is over.`}
        verb="Disconnect"
        busy={busy}
        onConfirm={() => void disconnect()}
        after={() => leave.current ?? connect.current}
      />
    </CredentialRow>
  )
}

function State({ connection: { state, since, broken, enabled } }: { connection: ConnectionView }) {
  if (!enabled) return <>Switched off by an administrator; your connection waits</>
  if (state === 'none' || since === null) return <>Not connected</>
  if (broken !== null) return <>Over: {broken}</>
  return (
    <>
      Connected, renewed{' '}
      <time dateTime={since} title={fullTime(since)}>
        {ago(since)}
      </time>
    </>
  )
}
