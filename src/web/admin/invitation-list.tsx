import type { InvitationView } from '#contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, sentence } from '../api/client.ts'
import { invitationsOptions, memory } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Problem, Skeleton } from '../ui/states.tsx'
import { shortDay } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'

export function InvitationList() {
  const { data: invitations, error } = useQuery(invitationsOptions)
  const withdraw = useMutation({
    mutationFn: (invitation: InvitationView) =>
      api('DELETE', `/invitations/${encodeURIComponent(invitation.id)}`),
    onSuccess: (_, invitation) => {
      toast(`The invitation of ${invitation.email} is withdrawn`)
      return memory.invalidateQueries({ queryKey: ['invitations'] })
    },
    onError: (failure) => toast('It wasn’t withdrawn', { description: sentence(failure), tone: 'problem' }),
  })
  if (error) return <Problem error={error} />
  if (!invitations) return <Skeleton lines={2} />
  if (invitations.length === 0) return <p className="text-table text-faint">None</p>
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {invitations.map((invitation) => (
        <li key={invitation.id} className="flex min-h-14 items-center gap-3 px-4 py-2 text-table">
          <div className="min-w-0 grow">
            <p className="truncate font-medium">{invitation.email}</p>
            <p className="truncate text-muted">
              {invitation.role === 'administrator' ? 'Administrator' : 'Member'} · by {invitation.invitedBy} ·
              until {shortDay(invitation.expiresAt)}
            </p>
          </div>
          <Button small disabled={withdraw.isPending} onClick={() => withdraw.mutate(invitation)}>
            Withdraw
          </Button>
        </li>
      ))}
    </ul>
  )
}
