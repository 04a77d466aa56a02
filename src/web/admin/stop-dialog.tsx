import { useRef, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Switch } from '../ui/switch.tsx'
import { TextField } from '../ui/text-field.tsx'

type Props = {
  open: boolean
  /** Null: every agent. */
  app: string | null
  busy: boolean
  onClose: () => void
  onStop: (more: { reason: string; endGrants: boolean }) => void
}

/** Asks why, and whether what was given ends too. */
export function StopDialog({ open, app, busy, onClose, onStop }: Props) {
  const why = useRef<HTMLInputElement>(null)
  const [reason, setReason] = useState('')
  const [endGrants, setEndGrants] = useState(false)
  return (
    <Dialog
      open={open}
      first={why}
      onClose={onClose}
      title={app === null ? 'Stop all agents?' : `Stop ${app}?`}
      description={
        app === null
          ? 'Every call of every app is refused, for everybody here, until you lift it. People go on working.'
          : 'Every call of this app is refused, for everybody here, until you lift it.'
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          onStop({ reason: reason.trim(), endGrants })
        }}
      >
        <TextField
          label="Why"
          hint="It stands here and in the audit, for whoever asks later."
          maxLength={300}
          required
          ref={why}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <Switch
          label="Also end their access for good"
          hint="Lifting the stop doesn’t bring it back: people connect the apps again."
          checked={endGrants}
          onChange={setEndGrants}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Keep them working</Button>
          <Button type="submit" look="danger" disabled={busy || reason.trim() === ''}>
            {app === null ? 'Stop all agents' : 'Stop this app'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
