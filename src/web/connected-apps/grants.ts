import type { GrantDeeds, GrantNarrowing, GrantView, GrantViewKind } from '#contract'
import { queryOptions, useMutation } from '@tanstack/react-query'
import { api, sentence } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { toast } from '../ui/toast.tsx'

export const deedsOptions = queryOptions({
  queryKey: ['grants', 'deeds'],
  queryFn: ({ signal }) => api<GrantDeeds>('GET', '/grants/deeds', undefined, signal),
})

/** How an app came by its access, in words. */
export const kindWords: Record<GrantViewKind, string> = {
  authorization_code: 'Connected in a browser',
  device_code: 'Connected from a device, with a code',
  client_credentials: 'Works by itself, with your rights',
  token_exchange: 'Passed on by another app',
  id_jag: 'Connected through your company’s sign-in',
  external: 'Connected at another authorization server',
}

const at = (grant: GrantView) => `/grants/${encodeURIComponent(grant.id)}`
const refresh = () => memory.invalidateQueries({ queryKey: ['grants'] })

/** Ending, pausing and narrowing one app's access. Each says what happened, narrowing in its dialog; pausing can be taken back. */
export function useGrantDeeds(grant: GrantView, done: () => void) {
  const { name } = grant.client
  const failed = (title: string) => (error: unknown) =>
    void toast(title, { description: sentence(error), tone: 'problem' })
  const resume = useMutation({
    mutationFn: () => api('POST', `${at(grant)}/resume`),
    onSuccess: () => {
      toast(`${name} may go on`)
      return refresh()
    },
    onError: failed('It wasn’t resumed'),
  })
  const pause = useMutation({
    mutationFn: () => api('POST', `${at(grant)}/pause`),
    onSuccess: () => {
      toast(`${name} is paused`, { action: { label: 'Resume', run: () => resume.mutate() } })
      return refresh()
    },
    onError: failed('It wasn’t paused'),
  })
  const end = useMutation({
    mutationFn: () => api('DELETE', at(grant)),
    onSuccess: () => {
      done()
      toast(`${name} has no access any more`)
      return refresh()
    },
    onError: failed('The access wasn’t ended'),
  })
  const narrow = useMutation({
    mutationFn: (to: GrantNarrowing) => api<{ grant: GrantView }>('PATCH', at(grant), to),
    onSuccess: () => {
      done()
      toast(`${name} may do less from now on`)
      return refresh()
    },
  })
  return { pause, resume, end, narrow }
}
