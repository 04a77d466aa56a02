import type { UpstreamAuth, UpstreamKind, UpstreamLimits } from '#contract'
import { reportUnexpected } from '#foundation'
import type { Log } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { PinnedTool, ToolDefinition, Upstream, UpstreamId } from './upstream.ts'

/** Published with every change of an upstream or its tools. */
export const upstreamChanged = 'upstream.changed'

type Row = {
  id: UpstreamId
  name: string
  title: string
  kind: UpstreamKind
  url: string | null
  server: string | null
  base_urls: string[]
  auth: UpstreamAuth
  limits: UpstreamLimits
  ip_allowlist: string[]
  enabled: boolean
  changed_at: Date
  tools: { name: string; definition: ToolDefinition; access: 'read' | 'write' }[] | null
}

/** All upstreams, as this process knows them. */
export interface UpstreamDirectory {
  /** The same array as long as nothing changed. */
  all(): readonly Upstream[]
  named(name: string): Upstream | undefined
  /** Reads again, for who just changed something. */
  refresh(): Promise<void>
  /** Calls back after each reading. */
  onChange(listener: () => void): void
  close(): void
}

/** Reads all at the start and after every change, whichever replica made it: they are few. */
export async function openUpstreamDirectory(storage: Storage, log: Log): Promise<UpstreamDirectory> {
  const db = storage.db<never>()
  const listeners = new Set<() => void>()
  let all: readonly Upstream[] = []
  let byName = new Map<string, Upstream>()
  let reading: Promise<void> | undefined
  let next: Promise<void> | undefined

  const read = async (): Promise<void> => {
    const { rows } = await sql<Row>`
      select upstream.*, (
        select jsonb_agg(jsonb_build_object('name', tool.name, 'definition', tool.definition, 'access', tool.access)
          order by tool.name)
        from upstream_tool tool
        where tool.upstream_id = upstream.id and tool.allowed and tool.definition is not null and not tool.gone
      ) as tools
      from upstream order by upstream.name`.execute(db)
    all = rows.map(toUpstream)
    byName = new Map(all.map((upstream) => [upstream.name, upstream]))
    for (const listener of listeners) listener()
  }
  // A change that comes while one is read may not be in it: whoever asks then waits for the next reading.
  const refresh = (): Promise<void> => {
    if (!reading) return (reading = read().finally(() => (reading = undefined)))
    next ??= reading
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return refresh()
      })
    return next
  }
  const soon = () => {
    refresh().catch((error: unknown) => reportUnexpected(log, error, 'reading the upstreams'))
  }
  const leave = storage.events.subscribe(upstreamChanged, soon)
  storage.events.onGap(soon)
  await refresh()
  return {
    all: () => all,
    named: (name) => byName.get(name),
    refresh,
    onChange: (listener) => void listeners.add(listener),
    close: leave,
  }
}

function toUpstream(row: Row): Upstream {
  const tools = new Map<string, PinnedTool>(
    (row.tools ?? []).map(({ name, definition, access }) => [name, { name, definition, access }]),
  )
  return {
    id: row.id,
    name: row.name,
    title: row.title,
    kind: row.kind,
    url: row.url,
    server: row.server,
    baseUrls: row.base_urls,
    auth: row.auth,
    limits: row.limits,
    ipAllowlist: row.ip_allowlist,
    enabled: row.enabled,
    changedAt: row.changed_at,
    tools,
  }
}
