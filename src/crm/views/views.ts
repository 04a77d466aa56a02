import { newSavedView, savedViewChange } from '#contract'
import type { NewSavedView, SavedView, SavedViewChange } from '#contract'
import { newId } from '#foundation'
import type { Clock, MemberId } from '#foundation'
import type { Actor } from '#identity'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { CrmError } from '../errors.ts'
import { reachable } from '../roles/access.ts'
import type { Access } from '../roles/access.ts'

type Desk = { storage: Storage; access: Access; actor: Actor; clock: Clock }
type Row = Omit<SavedView, 'mine'> & { member_id: MemberId | null }

/** Views of one object: as they are listed, as one member keeps them, and as an import may bring them. */
const mostListed = 200
const mostOfOne = 100
const mostBrought = 1000
/** Characters of one, as JSON: everybody who opens the object gets all that are listed. */
const longest = 32_000
const columns = sql`id, object, name, filter, sort, columns, shared, member_id`

/**
 * The object's views that the actor may see: shared ones and its member's own, oldest first. Where there are too many,
 * her own come before what others share.
 */
export async function listViews(desk: Desk, object: string): Promise<SavedView[]> {
  reachable(desk.access, object)
  const own = sql`coalesce(member_id = ${memberOf(desk.actor)}, false)`
  const { rows } = await sql<Row>`select ${columns} from (
      select ${columns}, created_at from saved_view where object = ${object} and deleted_at is null and (shared or ${own})
      order by ${own} desc, created_at, id limit ${mostListed}
    ) as listed order by created_at, id`.execute(desk.storage.db<never>())
  return rows.map((row) => viewOf(row, desk.actor))
}

export async function saveView(desk: Desk, input: NewSavedView): Promise<SavedView> {
  const view = newSavedView.parse(input)
  check(desk.access, view)
  const owner = writerOf(desk.actor)
  const most = owner === null ? mostBrought : mostOfOne
  const { rows } = await sql<Row>`
    insert into saved_view (id, object, name, filter, sort, columns, shared, member_id, created_at)
    select ${newId('viw')}, ${view.object}, ${view.name}, cast(${JSON.stringify(view.filter)} as jsonb),
      cast(${JSON.stringify(view.sort)} as jsonb), cast(${JSON.stringify(view.columns)} as jsonb), ${view.shared},
      ${owner}, ${desk.clock.now()}
    where (select count(*) from saved_view where object = ${view.object} and deleted_at is null
      and member_id is not distinct from ${owner}) < ${most}
    returning ${columns}`.execute(desk.storage.db<never>())
  const [row] = rows
  if (!row)
    throw new CrmError('too_large', `One can have ${most} saved views of an object. Delete some first`)
  return viewOf(row, desk.actor)
}

/** @throws CrmError `not_found` for what isn't there, isn't visible, or isn't the actor's to change. */
export async function changeView(desk: Desk, id: string, input: SavedViewChange): Promise<SavedView> {
  writerOf(desk.actor)
  const change = savedViewChange.parse(input)
  const before = await find(desk, id)
  const next = {
    ...before,
    ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
  }
  check(desk.access, next)
  const { rows } = await sql<Row>`
    update saved_view set name = ${next.name}, filter = cast(${JSON.stringify(next.filter)} as jsonb),
      sort = cast(${JSON.stringify(next.sort)} as jsonb), columns = cast(${JSON.stringify(next.columns)} as jsonb),
      shared = ${next.shared}
    where id = ${id} and deleted_at is null and ${mayChange(desk.actor)} returning ${columns}`.execute(
    desk.storage.db<never>(),
  )
  const [row] = rows
  if (!row) throw gone()
  return viewOf(row, desk.actor)
}

/** Deletes it, or brings it back. */
export async function setViewDeleted(desk: Desk, id: string, deleted: boolean): Promise<void> {
  writerOf(desk.actor)
  const { rows } = await sql`
    update saved_view set deleted_at = ${deleted ? desk.clock.now() : null}
    where id = ${id} and ${deleted ? sql`deleted_at is null` : sql`deleted_at is not null`}
      and ${mayChange(desk.actor)} returning id`.execute(desk.storage.db<never>())
  if (rows.length === 0) throw gone()
}

async function find(desk: Desk, id: string): Promise<SavedView> {
  const { rows } = await sql<Row>`select ${columns} from saved_view
    where id = ${id} and deleted_at is null and ${mayChange(desk.actor)}`.execute(desk.storage.db<never>())
  const [row] = rows
  if (!row || !desk.access.objects.has(row.object)) throw gone()
  return viewOf(row, desk.actor)
}

function check(access: Access, view: Omit<NewSavedView, 'shared'>): void {
  if (JSON.stringify([view.filter, view.sort, view.columns]).length > longest)
    throw new CrmError('too_large', 'The view is too long: filter by fewer or shorter values')
  const { fields, label } = reachable(access, view.object)
  const unknown = [...view.filter, ...view.sort].find(({ field }) => !fields.has(field))
  if (unknown)
    throw new CrmError('invalid', `${label} has no field ${unknown.field}`, {
      fields: { filter: 'unknown field' },
    })
}

function mayChange(actor: Actor) {
  if (actor.kind === 'system') return sql`true`
  const owner = sql`member_id = ${memberOf(actor)}`
  return actor.kind === 'member' && actor.role === 'administrator' ? sql`(${owner} or shared)` : owner
}

/** Views are how people look at records: agents read them, and change none. */
function writerOf(actor: Actor): MemberId | null {
  if (actor.kind === 'agent') throw new CrmError('forbidden', 'Agents don’t change saved views')
  return memberOf(actor)
}

function memberOf(actor: Actor): MemberId | null {
  return actor.kind === 'system' ? null : actor.member
}

function viewOf({ member_id: owner, ...row }: Row, actor: Actor): SavedView {
  const own = owner !== null && owner === memberOf(actor)
  const administrator = actor.kind === 'member' && actor.role === 'administrator' && row.shared
  return { ...row, mine: actor.kind !== 'agent' && (own || administrator || actor.kind === 'system') }
}

function gone(): CrmError {
  return new CrmError('not_found', 'There is no such view, or it isn’t yours to change')
}
