import { maxPage } from '../client/twenty-client.ts'
import type { ObjectNames, Question, TwentyClient, TwentyRecord } from '../client/twenty-client.ts'

/** One page as a tool's result. `nextOffset` is there when there is more. */
export type Listed = { records: TwentyRecord[]; total: number | null; nextOffset?: number }

/** Skips `offset` records by cursors, then reads up to `limit`. */
export async function listFrom(
  client: TwentyClient,
  object: ObjectNames,
  question: Question,
  { offset, limit }: { offset: number; limit: number },
): Promise<Listed> {
  let after: string | null = null
  for (let left = offset; left > 0;) {
    const take = Math.min(left, maxPage)
    const page = await client.find(object, { ...question, limit: take, after, depth: 0 })
    if (page.next === null) return { records: [], total: page.total }
    after = page.next
    left -= take
  }
  const { records, total, next } = await client.find(object, { ...question, limit, after })
  return { records, total, ...(next !== null && { nextOffset: offset + records.length }) }
}

/** Reads on to the end, or to `most` records. `complete` is false when there were more. */
export async function readAll(
  client: TwentyClient,
  object: ObjectNames,
  question: Question,
  most: number,
): Promise<{ records: TwentyRecord[]; total: number | null; complete: boolean }> {
  const records: TwentyRecord[] = []
  let after: string | null = null
  let total: number | null = null
  do {
    const page = await client.find(object, {
      ...question,
      limit: Math.min(maxPage, most - records.length),
      after,
    })
    total ??= page.total
    records.push(...page.records)
    after = page.next
  } while (after !== null && records.length < most)
  return { records, total, complete: after === null }
}
