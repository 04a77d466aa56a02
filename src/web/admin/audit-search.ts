import type { AuditEntryView, ChainView } from '#contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '../api/client.ts'

const outcomes = ['ok', 'refused', 'failed'] as const

/** What the address of the page holds. */
export type AuditSearch = {
  text?: string
  event?: string
  outcome?: (typeof outcomes)[number]
  actor?: string
  client?: string
  grant?: string
  /** Days, `2026-11-21`, in the reader's own time zone; both included. */
  from?: string
  to?: string
}

/** Reads the address. Whatever isn't understood is dropped. */
export function parseAuditSearch(search: Record<string, unknown>): AuditSearch {
  const found: AuditSearch = {}
  for (const name of ['text', 'event', 'actor', 'client', 'grant'] as const) {
    const value = typeof search[name] === 'number' ? String(search[name]) : search[name]
    if (typeof value === 'string' && value.length > 0 && value.length <= 2000) found[name] = value
  }
  for (const name of ['from', 'to'] as const) {
    const value = search[name]
    if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)) found[name] = value
  }
  const outcome = outcomes.find((one) => one === search['outcome'])
  if (outcome) found.outcome = outcome
  return found
}

/** The search as the server takes it: days become instants. */
export function askedOf({ from, to, ...search }: AuditSearch): URLSearchParams {
  const asked = new URLSearchParams(search)
  if (from) asked.set('from', new Date(`${from}T00:00:00`).toISOString())
  if (to) {
    const end = new Date(`${to}T00:00:00`)
    end.setDate(end.getDate() + 1)
    asked.set('to', end.toISOString())
  }
  return asked
}

const size = 50

export function auditOptions(search: AuditSearch) {
  return infiniteQueryOptions({
    queryKey: ['audit', search],
    queryFn: async ({ pageParam, signal }) => {
      const asked = askedOf(search)
      asked.set('limit', String(size))
      if (pageParam !== null) asked.set('before', String(pageParam))
      return (await api<{ entries: AuditEntryView[] }>('GET', `/audit?${asked}`, undefined, signal)).entries
    },
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.length === size ? last.at(-1)?.seq : undefined),
    placeholderData: (before) => before,
    staleTime: 0,
  })
}

export const chainOptions = queryOptions({
  queryKey: ['audit', 'chain'],
  queryFn: ({ signal }) => api<ChainView>('GET', '/audit/chain', undefined, signal),
  staleTime: 0,
})

/** `change_set.applied` → "Change set applied". */
export function eventWords(event: string): string {
  const text = event.replace(/[._]/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The kinds of events that people look for. */
export const eventKinds: readonly { value: string; label: string }[] = [
  { value: '', label: 'Everything' },
  { value: 'session', label: 'Sign-ins' },
  { value: 'grant', label: 'Access given and ended' },
  { value: 'consent', label: 'Consent' },
  { value: 'client', label: 'Apps' },
  { value: 'token', label: 'Tokens' },
  { value: 'tool', label: 'Agents’ calls' },
  { value: 'change_set', label: 'Changes' },
  { value: 'member', label: 'Members' },
  { value: 'agents', label: 'Emergency stops' },
  { value: 'rate_limit', label: 'Limits reached' },
  { value: 'audit', label: 'Exports and checks' },
]
