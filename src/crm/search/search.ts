import type { SearchHit } from '#contract'
import { sql } from '#storage'
import { CrmError } from '../errors.ts'
import type { Desk } from '../changes/engine.ts'
import { fold, isStorable, sortKey, words } from '../fields/text-rules.ts'
import { wordQuery } from '../query/search-words.ts'
import { refusal } from '../refusal.ts'
import { reachable } from '../roles/access.ts'

export type SearchOptions = { objects?: string[]; limit?: number }
type Found = { object: string; record_id: string; label: string; body: string }

/**
 * How alike a name's part must be to what was typed, 0 to 1, to count as a slip of the fingers. A slip in
 * a short word changes more of it.
 */
const likeness = (typed: string) => (typed.length <= 6 ? 0.4 : 0.5)
/** Of a word that very many records hold, so many are ranked; nobody looks past the first page of those. */
const ranked = 1000
const longestText = 200

/**
 * Finds records by words, best first: names that begin so, then records that hold all the words, then
 * names spelled nearly so. Only objects within the actor's reach.
 */
export async function search(desk: Desk, text: string, options: SearchOptions = {}): Promise<SearchHit[]> {
  if (text.length > longestText || !isStorable(text)) {
    throw new CrmError('invalid', `Search for text of at most ${longestText} characters`, {
      fields: { text: 'is too long or not text' },
    })
  }
  const limit = Math.min(Math.max(Math.trunc(options.limit ?? 20) || 20, 1), 100)
  const objects = options.objects
    ? options.objects.map((name) => reachable(desk.access, name).name)
    : [...desk.access.objects.keys()]
  const wanted = wordQuery(text)
  if (wanted === null || objects.length === 0) return []
  const typed = sortKey(text.trim())
  const exact = await refusal(byWords(desk, typed, wanted, objects, limit))
  // Near spellings are looked for only when the right ones find nothing: they cost more and mean less.
  const found =
    exact.length > 0 || typed.length < 3 ? exact : await refusal(bySpelling(desk, typed, objects, limit))
  const asked = words(text)
  return found.map(({ object, record_id: id, label, body }) => ({
    object,
    id,
    label,
    snippet: snippetOf(body, asked),
  }))
}

/** Names that begin with what was typed, in their order, then whatever else holds the words, ranked. */
async function byWords(desk: Desk, typed: string, wanted: string, objects: string[], limit: number) {
  const db = desk.storage.db<never>()
  // A range instead of LIKE, so that the index gives the first names in order whatever is typed.
  const begins = sql<boolean>`(label_fold >= ${typed} and label_fold < ${`${typed}\u{10ffff}`})`
  const within = sql<boolean>`object = any(${objects}::text[])`
  const first = await sql<Found>`
    select object, record_id, label, body from search_entry
    where ${within} and ${begins} order by label_fold, record_id limit ${limit}`.execute(db)
  if (first.rows.length >= limit) return first.rows
  const others = await sql<Found>`
    select object, record_id, label, body from (
      select * from search_entry
      where ${within} and words @@ to_tsquery('simple', ${wanted}) and not ${begins} limit ${ranked}) holding
    order by ts_rank(words, to_tsquery('simple', ${wanted})) desc, label_fold, record_id
    limit ${limit - first.rows.length}`.execute(db)
  // Renamed in between, a record would come twice.
  const known = new Set(first.rows.map((row) => row.record_id))
  return [...first.rows, ...others.rows.filter((row) => !known.has(row.record_id))]
}

async function bySpelling(desk: Desk, typed: string, objects: string[], limit: number) {
  return desk.storage.transaction<never, Found[]>(async (tx) => {
    // `<%` uses the index, but takes its threshold from a setting; `local` keeps it to this transaction.
    await sql`select set_config('pg_trgm.word_similarity_threshold', ${String(likeness(typed))}, true)`.execute(
      tx,
    )
    const { rows } = await sql<Found>`
      select object, record_id, label, body from (
        select * from search_entry where object = any(${objects}::text[]) and ${typed} <% label_fold
        limit ${ranked}) alike
      order by word_similarity(${typed}, label_fold) desc, label_fold, record_id
      limit ${limit}`.execute(tx)
    return rows
  })
}

/** The line of a record's text in which a word was found, cut around it. */
function snippetOf(body: string, asked: readonly string[]): string | null {
  const line = body.split('\n').find((part) => asked.some((word) => fold(part).includes(word)))
  if (line === undefined) return null
  const at = Math.min(...asked.map((word) => fold(line).indexOf(word)).filter((index) => index >= 0))
  const from = Math.max(0, Math.min(at - 40, line.length - 140))
  const cut = line.slice(from, from + 140).toWellFormed()
  return `${from > 0 ? '…' : ''}${cut}${from + 140 < line.length ? '…' : ''}`
}
