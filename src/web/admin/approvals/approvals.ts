import type { ApprovalInput, ApprovalView } from '#contract'
import { queryOptions, useMutation } from '@tanstack/react-query'
import { api, sentence } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { toast } from '../../ui/toast.tsx'

export const approvalsOptions = queryOptions({
  queryKey: ['approvals', 'list'],
  queryFn: async ({ signal }) =>
    (await api<{ approvals: ApprovalView[] }>('GET', '/approvals', undefined, signal)).approvals,
  staleTime: 0,
})

/** The badge in the navigation. Live events refresh it. */
export const approvalCountOptions = queryOptions({
  queryKey: ['approvals', 'count'],
  queryFn: async ({ signal }) =>
    (await api<{ count: number }>('GET', '/approvals/count', undefined, signal)).count,
})

const done: Record<ApprovalInput['decision'], (name: string) => string> = {
  approve: (name) => `${name} is approved`,
  refuse: (name) => `${name} is refused`,
  block: (name) => `${name} is blocked`,
  reconsider: (name) => `${name} may ask again`,
}

/** Decides about the app as it is shown; what became of it meanwhile isn't decided with it. */
export function useDecide({ client }: ApprovalView) {
  return useMutation({
    mutationFn: (input: Pick<ApprovalInput, 'decision' | 'scopes'>) =>
      api('POST', '/approvals/decision', { client: client.id, fingerprint: client.fingerprint, ...input }),
    onSuccess: (_, { decision }) => {
      toast(done[decision](client.name))
    },
    onError: (error) => toast('Nothing was decided', { description: sentence(error), tone: 'problem' }),
    onSettled: () => {
      for (const key of ['approvals', 'apps', 'clients', 'grants'])
        void memory.invalidateQueries({ queryKey: [key] })
    },
  })
}
