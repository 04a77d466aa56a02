import type { ClientPolicy, DecisionView, DryRunView, PolicyView } from '#contract'
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client.ts'

export const policyOptions = queryOptions({
  queryKey: ['policy', 'current'],
  queryFn: ({ signal }) => api<PolicyView>('GET', '/policy', undefined, signal),
  staleTime: 0,
})

export function decisionsOptions(text: string, refused: boolean) {
  return queryOptions({
    queryKey: ['policy', 'decisions', text, refused],
    queryFn: async ({ signal }) => {
      const query = `?text=${encodeURIComponent(text)}&outcome=${refused ? 'refused' : 'all'}`
      return (await api<{ decisions: DecisionView[] }>('GET', `/policy/decisions${query}`, undefined, signal))
        .decisions
    },
    placeholderData: (before) => before,
    staleTime: 0,
  })
}

export function dryRun(policy: ClientPolicy, registration: string): Promise<DryRunView> {
  return api<DryRunView>('POST', '/policy/dry-run', {
    policy,
    ...(registration.trim() === '' ? {} : { registration }),
  })
}
