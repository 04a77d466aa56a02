import type { ClientPolicy, DryRunLine } from '#contract'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { sentence } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { toast } from '../../ui/toast.tsx'
import { dryRun } from './policy.ts'

type Props = { draft: ClientPolicy; busy: boolean; onSave: () => void; onDiscard: () => void }

/** Saves the draft; asks first when it turns away apps that people use. */
export function SaveBar({ draft, busy, onSave, onDiscard }: Props) {
  const [turnedAway, setTurnedAway] = useState<DryRunLine[] | null>(null)
  const check = useMutation({
    mutationFn: () => dryRun(draft, ''),
    onSuccess: ({ lines }) => {
      const lost = lines.filter(
        ({ before, after, grants }) =>
          grants > 0 && after.outcome === 'refuse' && before.outcome !== 'refuse',
      )
      if (lost.length > 0) setTurnedAway(lost)
      else onSave()
    },
    onError: (error) => toast('The policy wasn’t saved', { description: sentence(error), tone: 'problem' }),
  })
  const apps = new Map(
    (turnedAway ?? []).map(({ client, grants }) => [client.id, { name: client.name, grants }]),
  )
  const grants = [...apps.values()].reduce((sum, one) => sum + one.grants, 0)
  return (
    <div className="sticky bottom-0 z-10 -mx-4 mt-6 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-canvas px-4 py-3 sm:-mx-8 sm:px-8">
      <span className="grow text-table text-muted">The draft isn’t saved.</span>
      <Button onClick={onDiscard}>Discard</Button>
      <Button look="primary" disabled={busy || check.isPending} onClick={() => check.mutate()}>
        {busy || check.isPending ? 'Saving…' : 'Save the policy'}
      </Button>
      <Confirm
        open={turnedAway !== null}
        onClose={() => setTurnedAway(null)}
        title={`Turn away ${apps.size === 1 ? '1 app' : `${apps.size} apps`} people use?`}
        description={`${[...apps.values()]
          .map(({ name }) => name)
          .slice(0, 5)
          .join(
            ', ',
          )}${apps.size > 5 ? ' and others' : ''}: ${grants === 1 ? '1 permission stops' : `${grants} permissions stop`} working within ten minutes. They work again when a later version lets the apps in.`}
        verb="Save and turn away"
        busy={busy}
        onConfirm={() => {
          setTurnedAway(null)
          onSave()
        }}
      />
    </div>
  )
}
