import type { StopView } from '#contract'
import { queryOptions, useMutation } from '@tanstack/react-query'
import { api, sentence } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { toast } from '../ui/toast.tsx'

export const stopsOptions = queryOptions({
  queryKey: ['stops'],
  queryFn: async ({ signal }) => (await api<{ stops: StopView[] }>('GET', '/stops', undefined, signal)).stops,
  staleTime: 0,
})

export type Stopping = { client: string | null; reason: string; endGrants: boolean }

function refresh(): Promise<unknown> {
  return Promise.all([
    memory.invalidateQueries({ queryKey: ['stops'] }),
    memory.invalidateQueries({ queryKey: ['grants'] }),
  ])
}

export function useStops(done: () => void) {
  const lift = useMutation({
    mutationFn: (client: string | null) => api('POST', '/stops/lift', client === null ? {} : { client }),
    onSuccess: () => {
      done()
      toast('Agents may go on')
      return refresh()
    },
    onError: (error) => toast('It wasn’t lifted', { description: sentence(error), tone: 'problem' }),
  })
  const stop = useMutation({
    mutationFn: ({ client, reason, endGrants }: Stopping) =>
      api<{ ended: number }>('POST', '/stops', { reason, endGrants, ...(client !== null && { client }) }),
    onSuccess: ({ ended }, { client }) => {
      done()
      toast(client === null ? 'All agents are stopped' : 'The app is stopped', {
        ...(ended > 0 && { description: `${ended.toLocaleString()} permissions ended` }),
      })
      return refresh()
    },
    onError: (error) => toast('Nothing was stopped', { description: sentence(error), tone: 'problem' }),
  })
  return { stop, lift }
}
