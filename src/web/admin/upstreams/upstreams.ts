import type { UpstreamAuth, UpstreamDetail, UpstreamKind, UpstreamView } from '#contract'
import { queryOptions } from '@tanstack/react-query'
import { useState } from 'react'
import { confirmed, NotConfirmed } from '../../account/confirmed.ts'
import { api, sentence } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { toast } from '../../ui/toast.tsx'

export type Program = { name: string; takesKeys: boolean }

export const upstreamsOptions = queryOptions({
  queryKey: ['upstreams', 'list'],
  queryFn: ({ signal }) =>
    api<{ upstreams: UpstreamView[]; programs: Program[] }>('GET', '/upstreams', undefined, signal),
  staleTime: 0,
})

export function upstreamOptions(id: string) {
  return queryOptions({
    queryKey: ['upstreams', 'one', id],
    queryFn: async ({ signal }) =>
      (
        await api<{ upstream: UpstreamDetail }>(
          'GET',
          `/upstreams/${encodeURIComponent(id)}`,
          undefined,
          signal,
        )
      ).upstream,
    staleTime: 0,
  })
}

/** The badge in the navigation. Live events refresh it. */
export const waitingToolsOptions = queryOptions({
  queryKey: ['upstreams', 'waiting'],
  queryFn: async ({ signal }) =>
    (await api<{ count: number }>('GET', '/upstreams/waiting', undefined, signal)).count,
})

/** Does something to an upstream: one at a time, confirmed when that is asked, what went wrong in a toast. */
export function useUpstreamAct() {
  const [busy, setBusy] = useState(false)
  async function act<T>(failed: string, work: () => Promise<T>): Promise<T | undefined> {
    setBusy(true)
    try {
      return await confirmed(work)
    } catch (error) {
      if (!(error instanceof NotConfirmed)) toast(failed, { description: sentence(error), tone: 'problem' })
      return undefined
    } finally {
      await memory.invalidateQueries({ queryKey: ['upstreams'] })
      setBusy(false)
    }
  }
  return { busy, act }
}

export const kindNames: Record<UpstreamKind, string> = {
  http: 'Remote MCP server',
  stdio: 'Program on this server',
  twenty: 'Twenty',
}

export const authNames: Record<UpstreamAuth['kind'], string> = {
  none: 'It doesn’t have to: the server is open',
  header: 'With one secret for everybody',
  key: 'With each person’s own key',
  oauth: 'Each person signs in there (OAuth)',
}

/** `ledger.example` or the program's name. */
export function placeOf({ url, server }: Pick<UpstreamView, 'url' | 'server'>): string {
  return url !== null && URL.canParse(url) ? new URL(url).host : (server ?? '')
}

export function toolsWords(count: number): string {
  return count === 1 ? '1 tool' : `${count.toLocaleString()} tools`
}
