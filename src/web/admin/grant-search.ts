import type { GrantState, GrantView, GrantViewKind } from '#contract'
import { grantKinds, grantStates } from '#contract'
import { infiniteQueryOptions } from '@tanstack/react-query'
import { api } from '../api/client.ts'

/** What the address of the page holds. */
export type GrantSearch = {
  text?: string
  member?: string
  client?: string
  kind?: GrantViewKind
  state?: GrantState
}
type Page = { grants: GrantView[]; next: string | null; total: number }

/** Reads the address. Whatever isn't understood is dropped. */
export function parseGrantSearch(search: Record<string, unknown>): GrantSearch {
  const { text, member, client, kind, state } = search
  const found: GrantSearch = {}
  if (isText(text)) found.text = text
  if (isText(member)) found.member = member
  if (isText(client)) found.client = client
  const knownKind = grantKinds.find((one) => one === kind)
  if (knownKind) found.kind = knownKind
  const knownState = grantStates.find((one) => one === state)
  if (knownState) found.state = knownState
  return found
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 2000
}

export function grantSearchOptions(search: GrantSearch) {
  return infiniteQueryOptions({
    queryKey: ['grants', 'everybody', search],
    queryFn: ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ ...search, limit: '50' })
      if (pageParam !== null) asked.set('after', pageParam)
      return api<Page>('GET', `/grants/search?${asked}`, undefined, signal)
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
    staleTime: 0,
  })
}

/** The same for everybody, in an administrator's words. */
export const kindNames: Record<GrantViewKind, string> = {
  authorization_code: 'Browser',
  device_code: 'Device code',
  client_credentials: 'By itself',
  token_exchange: 'Passed on',
  id_jag: 'Company sign-in',
  external: 'Another server',
}
export const stateNames: Record<GrantState, string> = {
  active: 'Active',
  paused: 'Paused',
  provisional: 'Waiting',
  ended: 'Ended',
}
