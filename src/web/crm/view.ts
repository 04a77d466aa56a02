import type { Condition, Query, SortKey } from '#contract'

/** What the address of a table holds: filter, order, words, the open record and its tab. */
export type View = {
  filter?: Condition[]
  sort?: SortKey[]
  q?: string
  /** The saved view that it began with. */
  view?: string
  record?: string
  tab?: Tab
}
export const tabs = ['fields', 'related', 'files', 'history'] as const
export type Tab = (typeof tabs)[number]

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 200

/** Reads the address. Whatever isn't understood is dropped: a mangled link opens the plain table. */
export function parseView(search: Record<string, unknown>): View {
  const view: View = parsePanel(search)
  if (Array.isArray(search['filter'])) {
    const filter = search['filter'].filter(isCondition).slice(0, 20)
    if (filter.length > 0) view.filter = filter
  }
  if (Array.isArray(search['sort'])) {
    const sort = search['sort'].filter(isSortKey).slice(0, 3)
    if (sort.length > 0) view.sort = sort
  }
  const words = typeof search['q'] === 'number' ? String(search['q']) : search['q']
  if (isText(words)) view.q = words
  if (isText(search['record'])) view.record = search['record']
  if (isText(search['view'])) view.view = search['view']
  return view
}

export function parsePanel(search: Record<string, unknown>): { tab?: Tab } {
  const tab = tabs.find((one) => one === search['tab'])
  return tab && tab !== 'fields' ? { tab } : {}
}

function isCondition(value: unknown): value is Condition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'field' in value &&
    isText(value.field) &&
    'op' in value &&
    isText(value.op)
  )
}

function isSortKey(value: unknown): value is SortKey {
  return (
    typeof value === 'object' &&
    value !== null &&
    'field' in value &&
    isText(value.field) &&
    'dir' in value &&
    (value.dir === 'asc' || value.dir === 'desc')
  )
}

/** The question a view asks. Conditions still missing their value don't narrow yet. */
export function queryOf({ filter, sort, q }: View): Query {
  const complete = (filter ?? []).filter(isComplete)
  return {
    ...(complete.length > 0 && {
      filter: complete.length === 1 && complete[0] ? complete[0] : { and: complete },
    }),
    ...(sort && { sort }),
    ...(q && { search: q }),
  }
}

export function isComplete({ op, value }: Condition): boolean {
  if (op === 'empty' || op === 'not_empty') return true
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== ''
}
