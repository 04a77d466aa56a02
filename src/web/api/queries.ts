import type {
  Bootstrap,
  ConnectionView,
  FileView,
  GrantView,
  HistoryPage,
  InvitationView,
  ListedMemberView,
  McpAddress,
  MemberView,
  ObjectView,
  Query,
  RecordPage,
  RecordView,
  SavedView,
  Reference,
  SearchHit,
  SecurityView,
  SessionView,
  SignInRules,
  SigningKeyView,
} from '#contract'
import { infiniteQueryOptions, queryOptions, QueryClient } from '@tanstack/react-query'
import { ApiFailure, api } from './client.ts'
import { signInPath } from './next.ts'

/** The page's memory of what the server said. Live events keep it fresh, so nothing refetches on focus alone. */
export const memory = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiFailure && error.status >= 400 && error.status < 500),
    },
  },
})
memory.getQueryCache().subscribe(({ type, query }) => {
  // A session that ended elsewhere: back to the door, then back here.
  const { error } = query.state
  if (type === 'updated' && error instanceof ApiFailure && error.status === 401) location.assign(signInPath())
})

const path = encodeURIComponent

export const bootstrapOptions = queryOptions({
  queryKey: ['bootstrap'],
  queryFn: ({ signal }) => api<Bootstrap>('GET', '/bootstrap', undefined, signal),
  staleTime: Infinity,
})

export const objectsOptions = queryOptions({
  queryKey: ['objects'],
  queryFn: async ({ signal }) =>
    (await api<{ objects: ObjectView[] }>('GET', '/objects', undefined, signal)).objects,
  staleTime: 5 * 60_000,
})

export const membersOptions = queryOptions({
  queryKey: ['members'],
  queryFn: async ({ signal }) =>
    (await api<{ members: ListedMemberView[] }>('GET', '/members', undefined, signal)).members,
  staleTime: 5 * 60_000,
})

export const pageSize = 60

export function recordsOptions(object: string, query: Query) {
  return infiniteQueryOptions({
    queryKey: ['records', object, 'list', query],
    queryFn: ({ pageParam, signal }) =>
      api<RecordPage>(
        'POST',
        `/objects/${path(object)}/query`,
        { ...query, limit: pageSize, ...(pageParam === null ? { count: true } : { after: pageParam }) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  })
}

export function recordOptions(object: string, id: string) {
  return queryOptions({
    queryKey: ['records', object, 'one', id],
    queryFn: ({ signal }) =>
      api<RecordView>('GET', `/objects/${path(object)}/records/${path(id)}`, undefined, signal),
  })
}

/** The first few records that answer a query, with how many there are. */
export function fewOptions(object: string, query: Query) {
  return queryOptions({
    queryKey: ['records', object, 'few', query],
    queryFn: ({ signal }) =>
      api<RecordPage>('POST', `/objects/${path(object)}/query`, { limit: 10, count: true, ...query }, signal),
  })
}

export function objectLabelOptions(object: string, text: string) {
  return queryOptions({
    queryKey: ['records', object, 'labels', text],
    queryFn: async ({ signal }): Promise<Reference[]> => {
      const query: Query = { limit: 20, ...(text !== '' && { search: text }) }
      const page = await api<RecordPage>('POST', `/objects/${path(object)}/query`, query, signal)
      return page.records.map(({ id, label }) => ({ object, id, label }))
    },
    placeholderData: (before) => before,
  })
}

export function filesOptions(object: string, id: string) {
  return queryOptions({
    queryKey: ['files', object, id],
    queryFn: async ({ signal }) =>
      (
        await api<{ files: FileView[] }>(
          'GET',
          `/objects/${path(object)}/records/${path(id)}/files`,
          undefined,
          signal,
        )
      ).files,
  })
}

export function savedViewsOptions(object: string) {
  return queryOptions({
    queryKey: ['views', object],
    queryFn: async ({ signal }) =>
      (await api<{ views: SavedView[] }>('GET', `/objects/${path(object)}/views`, undefined, signal)).views,
  })
}

export function recordHistoryOptions(object: string, id: string) {
  return infiniteQueryOptions({
    queryKey: ['records', object, 'history', id],
    queryFn: ({ pageParam, signal }) =>
      api<HistoryPage>(
        'GET',
        `/objects/${path(object)}/records/${path(id)}/history${pageParam === null ? '' : `?after=${path(pageParam)}`}`,
        undefined,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  })
}

export function grantHistoryOptions(grant: string) {
  return queryOptions({
    queryKey: ['history', grant],
    queryFn: ({ signal }) =>
      api<HistoryPage>('GET', `/history?grant=${path(grant)}&limit=20`, undefined, signal),
  })
}

export const grantsOptions = queryOptions({
  queryKey: ['grants'],
  queryFn: async ({ signal }) =>
    (await api<{ grants: GrantView[] }>('GET', '/grants', undefined, signal)).grants,
})

/** How the signed-in member proves who she is. */
export const securityOptions = queryOptions({
  queryKey: ['security'],
  queryFn: ({ signal }) => api<SecurityView>('GET', '/account/security', undefined, signal),
})

export const signInRulesOptions = queryOptions({
  queryKey: ['sign-in-rules'],
  queryFn: ({ signal }) => api<SignInRules>('GET', '/sign-in-rules', undefined, signal),
})

export const sessionsOptions = queryOptions({
  queryKey: ['sessions'],
  queryFn: async ({ signal }) =>
    (await api<{ sessions: SessionView[] }>('GET', '/sessions', undefined, signal)).sessions,
})

export const signingKeysOptions = queryOptions({
  queryKey: ['signing-keys'],
  queryFn: async ({ signal }) =>
    (await api<{ keys: SigningKeyView[] }>('GET', '/signing-keys', undefined, signal)).keys,
})

export const invitationsOptions = queryOptions({
  queryKey: ['invitations'],
  queryFn: async ({ signal }) =>
    (await api<{ invitations: InvitationView[] }>('GET', '/invitations', undefined, signal)).invitations,
})

export function searchOptions(text: string) {
  return queryOptions({
    queryKey: ['search', text],
    queryFn: async ({ signal }) =>
      (await api<{ hits: SearchHit[] }>('GET', `/search?q=${path(text)}`, undefined, signal)).hits,
    enabled: text !== '',
    placeholderData: (before) => before,
  })
}

/** The one record with exactly this name, or null when there is none or more than one. */
export async function findByLabel(objects: readonly string[], label: string): Promise<Reference | null> {
  const found = await Promise.all(
    objects.map((object) => memory.fetchQuery(objectLabelOptions(object, label))),
  )
  const same = found.flat().filter((one) => one.label.toLowerCase() === label.toLowerCase())
  return same.length === 1 ? (same[0] ?? null) : null
}

export async function findMember(name: string): Promise<MemberView | null> {
  const members = await memory.fetchQuery(membersOptions)
  const wanted = name.toLowerCase()
  return members.find((one) => one.name.toLowerCase() === wanted || one.email === wanted) ?? null
}

export const mcpAddressesOptions = queryOptions({
  queryKey: ['upstreams', 'addresses'],
  queryFn: async ({ signal }) =>
    (await api<{ addresses: McpAddress[] }>('GET', '/mcp-addresses', undefined, signal)).addresses,
})

export const connectionsOptions = queryOptions({
  queryKey: ['connections'],
  queryFn: async ({ signal }) =>
    (await api<{ connections: ConnectionView[] }>('GET', '/connections', undefined, signal)).connections,
})

export const connectionOptions = (upstream: string) =>
  queryOptions({
    queryKey: ['connections', upstream],
    queryFn: async ({ signal }) =>
      (await api<{ connection: ConnectionView }>('GET', `/connections/${path(upstream)}`, undefined, signal))
        .connection,
  })
