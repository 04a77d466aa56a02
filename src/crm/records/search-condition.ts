import { sql } from '#storage'
import type { Storage } from '#storage'
import { CrmError } from '../errors.ts'
import type { Condition } from '../fields/field-type.ts'
import { isStorable } from '../fields/text-rules.ts'
import { wordQuery } from '../query/search-words.ts'
import { refusal } from '../refusal.ts'
import type { ReachableObject } from '../roles/access.ts'

/** Up to so many hits are looked up by their ids. */
const few = 1000

/**
 * "Holds all these words." PostgreSQL can't guess how many records do, and the right plan depends on it:
 * few hits are fetched and put in order, many are met soon enough while walking the order's index.
 */
export async function searchCondition(
  storage: Storage,
  object: ReachableObject,
  text: string,
): Promise<Condition> {
  if (!isStorable(text)) throw new CrmError('invalid', 'search has characters that are not text')
  const wanted = wordQuery(text)
  if (wanted === null) return text.trim() === '' ? sql<boolean>`true` : sql<boolean>`false`
  const hits = sql<{ record_id: string }>`select entry.record_id from search_entry entry
    where entry.object = ${object.name} and entry.words @@ to_tsquery('simple', ${wanted})`
  const { rows } = await refusal(
    sql<{ record_id: string }>`${hits} limit ${few + 1}`.execute(storage.db<never>()),
  )
  return rows.length > few
    ? sql<boolean>`t.id in (${hits})`
    : sql<boolean>`t.id = any(${rows.map((row) => row.record_id)}::text[])`
}
