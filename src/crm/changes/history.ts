import type { HistoryPage } from '#contract'
import { isId } from '#foundation'
import { sql } from '#storage'
import { CrmError } from '../errors.ts'
import { noRecord } from '../records/records.ts'
import { refusal } from '../refusal.ts'
import { reachable } from '../roles/access.ts'
import type { Desk } from './engine.ts'
import { changesOf, present, setColumns, storedSets } from './present.ts'

export type HistoryOf = { object?: string; id?: string; after?: string; limit?: number; grant?: string }

/**
 * Change sets, newest first: of one record (deleted ones too; then each set shows that record's change
 * only), of one object, of one grant, or all that the actor may read.
 */
export async function history(desk: Desk, of: HistoryOf): Promise<HistoryPage> {
  const limit = Math.min(Math.max(Math.trunc(of.limit ?? 50) || 50, 1), 200)
  const object = of.object === undefined ? null : reachable(desk.access, of.object)
  if (of.id !== undefined && !object) throw new CrmError('invalid', 'An id needs the object it belongs to')
  if (object && of.id !== undefined && !isId('rec', of.id)) throw noRecord(object)
  const grant = of.grant === undefined ? sql`` : sql` and cs.grant_id = ${checkGrant(of.grant)}`
  const earlier = sql`cs.seq < ${before(of.after)}::bigint${grant}`
  const db = desk.storage.db<never>()
  const { rows } = await refusal(
    object && of.id !== undefined
      ? // A record occurs once in a change set; its own index gives them newest first.
        sql`select ${setColumns} from change c join change_set cs on cs.seq = c.change_set_seq
          where c.object = ${object.name} and c.record_id = ${of.id} and ${earlier}
          order by c.change_set_seq desc limit ${limit + 1}`.execute(db)
      : sql`select ${setColumns} from change_set cs
          where ${earlier} and exists (select from change c
            where c.change_set_seq = cs.seq and c.object = any(${object ? [object.name] : [...desk.access.objects.keys()]}::text[]))
          order by cs.seq desc limit ${limit + 1}`.execute(db),
  )
  const found = storedSets(rows)
  if (object && of.id !== undefined && found.length === 0 && of.after === undefined) throw noRecord(object)
  const page = found.slice(0, limit)
  const changes = await changesOf(db, page, of.id === undefined ? {} : { id: of.id })
  const last = page.at(-1)
  return {
    entries: await present(desk, page, changes),
    next: found.length > limit && last ? String(last.seq) : null,
  }
}

function checkGrant(grant: string): string {
  if (!isId('grt', grant)) throw new CrmError('invalid', 'grant must be the id of a grant (grt_…)')
  return grant
}

function before(after: string | undefined): string {
  if (after === undefined) return String(Number.MAX_SAFE_INTEGER)
  if (!/^\d{1,15}$/.test(after)) {
    throw new CrmError('invalid', 'This page marker does not belong to this history', {
      fields: { after: 'is not a page marker of this history' },
    })
  }
  return after
}
