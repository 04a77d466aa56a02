import type { Audit, AuditEntry } from '#audit'
import type { MemberId } from '#foundation'
import { sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import { upstreamChanged } from './directory.ts'
import type { Pin } from './tool-pins.ts'
import type { Upstream, UpstreamId } from './upstream.ts'

export type KeptPin = Pin & { acceptedAt: Date | null }
export type UpstreamState = {
  createdAt: Date
  checkedAt: Date | null
  since: Date | null
  trouble: string | null
  leftOut: string[]
}

type ToolRow = {
  name: string
  definition: Pin['definition']
  pending: Pin['pending']
  declined: boolean
  access: Pin['access']
  allowed: boolean
  gone: boolean
  accepted_at: Date | null
}
type StateRow = {
  id: UpstreamId
  created_at: Date
  checked_at: Date | null
  since: Date | null
  trouble: string | null
  left_out: string[] | null
}

/** Rows of upstreams, their tools and their health. Every change is recorded and told to every replica with it. */
export function createUpstreamStore(storage: Storage, audit: Audit) {
  const db = storage.db<never>()
  const tell = async (tx: Kysely<never>, id: UpstreamId, entry: AuditEntry | null) => {
    if (entry) await audit.record(tx, entry)
    await storage.publish(tx, upstreamChanged, { upstream: id })
  }
  const pinsOf = async (on: Kysely<never>, id: UpstreamId): Promise<KeptPin[]> => {
    const { rows } =
      await sql<ToolRow>`select name, definition, pending, declined, access, allowed, gone, accepted_at
      from upstream_tool where upstream_id = ${id} order by name`.execute(on)
    return rows.map(({ accepted_at: acceptedAt, ...row }) => ({ ...row, acceptedAt }))
  }
  const writePins = async (
    tx: Kysely<never>,
    id: UpstreamId,
    pins: readonly Pin[],
    { at, told }: { at: Date; told: boolean },
  ) => {
    const rows = pins.map(({ name, definition, pending, declined, access, allowed, gone }) => ({
      name,
      definition,
      pending,
      declined,
      access,
      allowed,
      gone,
    }))
    // Who accepts has seen it; what the upstream changed nobody has.
    await sql`
      insert into upstream_tool (upstream_id, name, definition, pending, declined, access, allowed, gone, seen_at,
        told_at)
      select ${id}, name, nullif(definition, 'null'), nullif(pending, 'null'), declined, access, allowed, gone,
        cast(${at} as timestamptz), cast(${told ? at : null} as timestamptz)
      from jsonb_to_recordset(cast(${JSON.stringify(rows)} as jsonb)) as given(name text, definition jsonb,
        pending jsonb, declined boolean, access text, allowed boolean, gone boolean)
      on conflict (upstream_id, name) do update set definition = excluded.definition, pending = excluded.pending,
        declined = excluded.declined, access = excluded.access, allowed = excluded.allowed, gone = excluded.gone,
        seen_at = excluded.seen_at,
        accepted_at = case when excluded.definition is not distinct from upstream_tool.definition
          then upstream_tool.accepted_at else excluded.seen_at end,
        told_at = case when excluded.pending is not distinct from upstream_tool.pending
          then upstream_tool.told_at end`.execute(tx)
  }

  return {
    /** False when the name is taken. */
    insert(upstream: Upstream, by: MemberId | null, entry: AuditEntry): Promise<boolean> {
      const { id, name, title, kind, url, server, changedAt: at } = upstream
      return storage.transaction<never, boolean>(async (tx) => {
        const { rows } = await sql`
          insert into upstream (id, name, title, kind, url, server, base_urls, auth, limits, ip_allowlist, enabled,
            created_at, created_by, changed_at)
          values (${id}, ${name}, ${title}, ${kind}, ${url}, ${server}, ${jsonb(upstream.baseUrls)},
            ${jsonb(upstream.auth)}, ${jsonb(upstream.limits)}, ${jsonb(upstream.ipAllowlist)}, ${upstream.enabled},
            ${at}, ${by}, ${at})
          on conflict (name) do nothing returning id`.execute(tx)
        if (rows.length === 0) return false
        await sql`insert into upstream_state (upstream_id, checked_at, since) values (${id}, ${at}, ${at})`.execute(
          tx,
        )
        await tell(tx, id, entry)
        return true
      })
    },
    /** Writes the settings that are given. `review`: what it offers has to be looked at again. False when it is gone. */
    update(
      id: UpstreamId,
      to: Partial<Upstream>,
      { at, entry, review = false }: { at: Date; entry: AuditEntry | null; review?: boolean },
    ): Promise<boolean> {
      return storage.transaction<never, boolean>(async (tx) => {
        const { rows } = await sql`select 1 from upstream where id = ${id} for update`.execute(tx)
        if (rows.length === 0) return false
        await sql`update upstream set
          title = coalesce(cast(${to.title ?? null} as text), title),
          url = coalesce(cast(${to.url ?? null} as text), url),
          server = coalesce(cast(${to.server ?? null} as text), server),
          base_urls = coalesce(${jsonb(to.baseUrls)}, base_urls),
          auth = coalesce(${jsonb(to.auth)}, auth),
          limits = coalesce(${jsonb(to.limits)}, limits),
          ip_allowlist = coalesce(${jsonb(to.ipAllowlist)}, ip_allowlist),
          enabled = coalesce(cast(${to.enabled ?? null} as boolean), enabled),
          changed_at = ${at}
          where id = ${id}`.execute(tx)
        // It is another server now: what was accepted was accepted of the one before.
        if (review) await sql`delete from upstream_tool where upstream_id = ${id}`.execute(tx)
        await tell(tx, id, entry)
        return true
      })
    },
    /** Everything of it goes. False when it is gone already. */
    remove(id: UpstreamId, entry: AuditEntry): Promise<boolean> {
      return storage.transaction<never, boolean>(async (tx) => {
        const { rows } = await sql`delete from upstream where id = ${id} returning id`.execute(tx)
        if (rows.length === 0) return false
        await tell(tx, id, entry)
        return true
      })
    },

    pins: (id: UpstreamId) => pinsOf(db, id),
    /**
     * Changes pins as `change` says, with the upstream locked: of two administrators, and a check meanwhile, each sees
     * what the one before left. `asked` is when the upstream was what it was when it was asked; another one is not
     * written to. Undefined when there is nothing to write to.
     */
    changePins(
      id: UpstreamId,
      at: Date,
      change: (pins: readonly KeptPin[]) => {
        pins: Pin[]
        forgotten?: string[]
        told?: boolean
        entry: AuditEntry | null
      },
      asked?: Date,
    ): Promise<boolean> {
      return storage.transaction<never, boolean>(async (tx) => {
        const { rows } = await sql<{ changed_at: Date }>`
          select changed_at from upstream where id = ${id} for update`.execute(tx)
        const [row] = rows
        if (!row || (asked && row.changed_at.getTime() !== asked.getTime())) return false
        const { pins, forgotten = [], told = false, entry } = change(await pinsOf(tx, id))
        if (pins.length > 0) await writePins(tx, id, pins, { at, told })
        if (forgotten.length > 0)
          await sql`delete from upstream_tool where upstream_id = ${id}
            and name in (select jsonb_array_elements_text(${jsonb(forgotten)}))`.execute(tx)
        if (pins.length > 0 || forgotten.length > 0 || entry) await tell(tx, id, entry)
        return true
      })
    },
    /** Tools that wait for an administrator: of each upstream. */
    async waiting(): Promise<Map<UpstreamId, { waiting: number; accepted: number; allowed: number }>> {
      const { rows } = await sql<{
        upstream_id: UpstreamId
        waiting: unknown
        accepted: unknown
        allowed: unknown
      }>`
        select upstream_id, count(*) filter (where pending is not null and not declined) as waiting,
          count(*) filter (where definition is not null and not gone) as accepted,
          count(*) filter (where definition is not null and not gone and allowed) as allowed
        from upstream_tool group by upstream_id`.execute(db)
      return new Map(
        rows.map(({ upstream_id: id, waiting, accepted, allowed }) => [
          id,
          { waiting: Number(waiting), accepted: Number(accepted), allowed: Number(allowed) },
        ]),
      )
    },
    /** What waits and nobody was told of yet; it counts as told from now on. */
    async takeUntold(at: Date): Promise<{ upstream: UpstreamId; name: string }[]> {
      const { rows } = await sql<{ upstream_id: UpstreamId; name: string }>`
        update upstream_tool set told_at = ${at}
        where pending is not null and not declined and told_at is null returning upstream_id, name`.execute(
        db,
      )
      return rows.map(({ upstream_id: upstream, name }) => ({ upstream, name }))
    },
    async giveBack(tools: readonly { upstream: UpstreamId; name: string }[]): Promise<void> {
      await sql`update upstream_tool set told_at = null where (upstream_id, name) in (
        select upstream, name from jsonb_to_recordset(${jsonb(tools)}) as given(upstream text, name text))`.execute(
        db,
      )
    },

    async states(): Promise<Map<UpstreamId, UpstreamState>> {
      const { rows } = await sql<StateRow>`
        select id, created_at, checked_at, since, trouble, left_out
        from upstream left join upstream_state on upstream_id = id`.execute(db)
      return new Map(
        rows.map((row) => [
          row.id,
          {
            createdAt: row.created_at,
            checkedAt: row.checked_at,
            since: row.since,
            trouble: row.trouble,
            leftOut: row.left_out ?? [],
          },
        ]),
      )
    },
    /** Upstreams that nobody looked at since `before`; they are this replica's until `leaseUntil`. */
    async takeDue(before: Date, at: Date, leaseUntil: Date): Promise<UpstreamId[]> {
      const { rows } = await sql<{ upstream_id: UpstreamId }>`
        update upstream_state set lease_until = ${leaseUntil}
        where checked_at <= ${before} and (lease_until is null or lease_until <= ${at})
          and upstream_id in (select id from upstream where enabled) returning upstream_id`.execute(db)
      return rows.map(({ upstream_id: id }) => id)
    },
    /** Resolves to true when it was well and isn't, or the other way round. */
    async noteState(
      id: UpstreamId,
      at: Date,
      to: { trouble: string | null; leftOut?: string[] },
    ): Promise<boolean> {
      const { rows } = await sql<{ changed: boolean }>`
        with before as (select trouble from upstream_state where upstream_id = ${id})
        update upstream_state set checked_at = ${at}, lease_until = null, trouble = ${to.trouble},
          well_at = case when cast(${to.trouble} as text) is null then cast(${at} as timestamptz) else well_at end,
          since = case when (trouble is null) = (cast(${to.trouble} as text) is null)
            then since else cast(${at} as timestamptz) end,
          left_out = coalesce(${jsonb(to.leftOut)}, left_out)
        where upstream_id = ${id}
        returning ((select trouble from before) is null) <> (trouble is null) as changed`.execute(db)
      const changed = rows[0]?.changed ?? false
      if (changed) await storage.publish(db, upstreamChanged, { upstream: id })
      return changed
    },
  }
}
export type UpstreamStore = ReturnType<typeof createUpstreamStore>

function jsonb(value: unknown) {
  return sql`cast(${value === undefined ? null : JSON.stringify(value)} as jsonb)`
}
