import type { ClientDetail } from '#contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, sentence } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { toast } from '../../ui/toast.tsx'
import { ApprovalActions } from '../approvals/approval-actions.tsx'
import { approvalsOptions } from '../approvals/approvals.ts'

/** An administrator's word about this very app: what the queue offers while it is in it, and blocking at any time. */
export function AppDecisions({ app }: { app: ClientDetail }) {
  const { data: approvals } = useQuery(approvalsOptions)
  const approval = approvals?.find(({ client }) => client.id === app.id)
  if (approval) return <ApprovalActions approval={approval} />
  return approvals && app.registration !== 'manual' && app.state !== 'blocked' ? <Block app={app} /> : null
}

function Block({ app }: { app: ClientDetail }) {
  const [asking, setAsking] = useState(false)
  const block = useMutation({
    mutationFn: () =>
      api('POST', '/approvals/decision', { client: app.id, fingerprint: app.fingerprint, decision: 'block' }),
    onSuccess: () => toast(`${app.name} is blocked`),
    onError: (error) => toast('Nothing was decided', { description: sentence(error), tone: 'problem' }),
    onSettled: () => {
      setAsking(false)
      for (const key of ['approvals', 'apps', 'grants']) void memory.invalidateQueries({ queryKey: [key] })
    },
  })
  return (
    <>
      <Button small look="ending" onClick={() => setAsking(true)}>
        Block
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`Block ${app.name}?`}
        description="Every request it makes is refused, whatever it becomes and whatever the policy says, and the permissions people gave it end."
        verb="Block"
        busy={block.isPending}
        onConfirm={() => block.mutate()}
      />
    </>
  )
}
