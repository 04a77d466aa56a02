import type { ApprovalView } from '#contract'
import { Ban, Ellipsis, Scissors, X } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '../../ui/button.tsx'
import { Confirm, Dialog } from '../../ui/dialog.tsx'
import { Menu } from '../../ui/popup.tsx'
import { Switch } from '../../ui/switch.tsx'
import { useDecide } from './approvals.ts'

/** Approve; approve less; refuse; block. Or, for an app that was turned away, let it ask again. */
export function ApprovalActions({ approval }: { approval: ApprovalView }) {
  const decide = useDecide(approval)
  const [asking, setAsking] = useState<'refuse' | 'block' | 'narrow' | null>(null)
  const { name } = approval.client
  const close = () => setAsking(null)
  const act = (input: Parameters<typeof decide.mutate>[0]) => decide.mutate(input, { onSuccess: close })

  if (approval.state === 'refused' || approval.state === 'blocked') {
    return (
      <div className="flex items-center gap-2">
        <span className="text-table text-muted">{approval.state === 'blocked' ? 'Blocked' : 'Refused'}</span>
        <Button small disabled={decide.isPending} onClick={() => act({ decision: 'reconsider' })}>
          Let it ask again
        </Button>
      </div>
    )
  }
  return (
    <div className="flex items-center gap-2">
      <Button look="primary" small disabled={decide.isPending} onClick={() => act({ decision: 'approve' })}>
        Approve
      </Button>
      <Button small disabled={decide.isPending} onClick={() => setAsking('refuse')}>
        Refuse
      </Button>
      <Menu
        align="end"
        trigger={
          <IconButton label={`More about ${name}`}>
            <Ellipsis size={16} />
          </IconButton>
        }
        entries={[
          { label: 'Approve with less…', icon: <Scissors size={15} />, onSelect: () => setAsking('narrow') },
          { label: 'Block…', icon: <Ban size={15} />, danger: true, onSelect: () => setAsking('block') },
        ]}
      />
      <Confirm
        open={asking === 'refuse'}
        onClose={close}
        title={`Refuse ${name}?`}
        description="It can’t connect as it is now, and the permissions people gave it end. If it changes, it may ask again."
        verb="Refuse"
        busy={decide.isPending}
        onConfirm={() => act({ decision: 'refuse' })}
      />
      <Confirm
        open={asking === 'block'}
        onClose={close}
        title={`Block ${name}?`}
        description="Every request it makes is refused, whatever it becomes and whatever the policy says, and the permissions people gave it end. An app that registers itself anew is another app: a rule of the policy stops those."
        verb="Block"
        busy={decide.isPending}
        onConfirm={() => act({ decision: 'block' })}
      />
      <NarrowDialog
        open={asking === 'narrow'}
        onClose={close}
        approval={approval}
        busy={decide.isPending}
        onApprove={(scopes) => act({ decision: 'approve', scopes })}
      />
    </div>
  )
}

type NarrowProps = {
  open: boolean
  onClose: () => void
  approval: ApprovalView
  busy: boolean
  onApprove: (scopes: string[]) => void
}

/** The most it may ever have, whoever allows it what. */
function NarrowDialog({ open, onClose, approval, busy, onApprove }: NarrowProps) {
  const { client, offered } = approval
  const [chosen, setChosen] = useState<string[]>(() => client.scopes ?? offered.map(({ scope }) => scope))
  const toggle = (scope: string, on: boolean) =>
    setChosen(offered.map((one) => one.scope).filter((one) => (one === scope ? on : chosen.includes(one))))
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`What may ${client.name} have at most?`}
      description="Holds for everybody here, also for permissions that people gave already."
    >
      {offered.map(({ scope, words }) => (
        <Switch
          key={scope}
          label={words}
          hint={scope}
          checked={chosen.includes(scope)}
          onChange={(on) => toggle(scope, on)}
        />
      ))}
      {chosen.length === 0 && (
        <p className="mt-2 flex items-center gap-1 text-table text-muted">
          <X size={14} aria-hidden /> With nothing left there is nothing to approve: refuse it instead.
        </p>
      )}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" disabled={busy || chosen.length === 0} onClick={() => onApprove(chosen)}>
          Approve with this
        </Button>
      </div>
    </Dialog>
  )
}
