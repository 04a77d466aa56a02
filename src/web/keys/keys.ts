import type { KeyView, UpstreamKeyView } from '#contract'
import { queryOptions } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import { memory } from '../api/queries.ts'

export const keysOptions = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) =>
    (await api<{ upstreams: UpstreamKeyView[] }>('GET', '/keys/upstreams', undefined, signal)).upstreams,
  staleTime: 0,
})

export const refreshKeys = () => memory.invalidateQueries({ queryKey: ['keys'] })

const name = encodeURIComponent

export const keepKey = (body: { upstream: string; apiKey: string; baseUrl?: string }) =>
  api<KeyView>('POST', '/keys', body)
export const checkKey = ({ upstream }: UpstreamKeyView) =>
  api<KeyView>('POST', `/keys/${name(upstream)}/check`, {})
export const forgetKey = ({ upstream }: UpstreamKeyView) =>
  api<KeyView>('DELETE', `/keys?upstream=${name(upstream)}`)
