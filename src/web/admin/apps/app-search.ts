import type { ClientDetail, ClientKind, ClientState, ClientView, InitialAccessTokenView } from '#contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client.ts'

/** What the address of the page holds. */
export type AppSearch = { text?: string; kind?: ClientKind; state?: ClientState }

const kinds: readonly ClientKind[] = ['manual', 'metadata-document', 'dynamic']
const states: readonly ClientState[] = ['waiting', 'approved', 'blocked', 'unused']

/** Reads the address. Whatever isn't understood is dropped. */
export function parseAppSearch(search: Record<string, unknown>): AppSearch {
  const { text } = search
  const found: AppSearch = {}
  if (typeof text === 'string' && text.length > 0 && text.length <= 200) found.text = text
  const kind = kinds.find((one) => one === search['kind'])
  if (kind) found.kind = kind
  const state = states.find((one) => one === search['state'])
  if (state) found.state = state
  return found
}

/** The app a page is about; its id may be an address full of slashes, so it stands behind the question mark. */
export function parseApp({ id }: Record<string, unknown>): { id: string } {
  return { id: typeof id === 'string' ? id : '' }
}

export function appsOptions({ text, kind, state }: AppSearch) {
  return infiniteQueryOptions({
    queryKey: ['apps', 'list', { text, kind, state }],
    queryFn: ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ limit: '50' })
      if (text) asked.set('text', text)
      if (kind) asked.set('registration', kind)
      if (state) asked.set('state', state)
      if (pageParam !== null) asked.set('after', pageParam)
      type Found = { clients: ClientView[]; next: string | null }
      return api<Found>('GET', `/clients?${asked}`, undefined, signal)
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
    staleTime: 0,
  })
}

export function appOptions(id: string) {
  return queryOptions({
    queryKey: ['apps', 'one', id],
    queryFn: async ({ signal }) =>
      (
        await api<{ client: ClientDetail }>(
          'GET',
          `/client?${new URLSearchParams({ id })}`,
          undefined,
          signal,
        )
      ).client,
    staleTime: 0,
  })
}

export const initialAccessOptions = queryOptions({
  queryKey: ['initial-access-tokens'],
  queryFn: async ({ signal }) =>
    (await api<{ tokens: InitialAccessTokenView[] }>('GET', '/initial-access-tokens', undefined, signal))
      .tokens,
  staleTime: 0,
})

/** How an app became known, in an administrator's words. */
export const kindNames: Record<ClientKind, string> = {
  manual: 'Set up here',
  'metadata-document': 'Document',
  dynamic: 'Registered itself',
}
export const stateNames: Record<ClientView['state'], string> = {
  waiting: 'Waits',
  approved: 'Approved',
  blocked: 'Blocked',
  unapproved: 'Not approved',
}
