import type { TwentyClient, TwentyRecord } from '#gateway/twenty'

export type Target = { kind: string; id: string }
/** What notes and tasks are about, by their id. */
export type Targets = ReadonlyMap<string, readonly Target[]>

const joins = {
  note: { singular: 'noteTarget', plural: 'noteTargets', own: 'noteId' },
  task: { singular: 'taskTarget', plural: 'taskTargets', own: 'taskId' },
} as const
const others = new Set(['noteId', 'taskId', 'id'])

/** Reads the rows between notes or tasks and what they are about: one column for each object they can be about. */
export async function readTargets(
  client: TwentyClient,
  activity: 'note' | 'task',
  kinds: readonly string[],
): Promise<Targets> {
  const { singular, plural, own } = joins[activity]
  const found = new Map<string, Target[]>()
  let after: string | null = null
  do {
    const page = await client.find({ singular, plural }, { after, orderBy: 'createdAt[AscNullsLast]' })
    for (const row of page.records) {
      const id = row[own]
      const target = targetOf(row, kinds)
      if (typeof id === 'string' && target) found.set(id, [...(found.get(id) ?? []), target])
    }
    after = page.next
  } while (after !== null)
  return found
}

/** `targetPersonId` since 2026, `personId` before. */
export function targetOf(row: TwentyRecord, kinds: readonly string[]): Target | null {
  for (const [column, id] of Object.entries(row)) {
    if (typeof id !== 'string' || !column.endsWith('Id') || others.has(column)) continue
    const name = column.slice(0, -2).replace(/^target([A-Z])/, (_all, first: string) => first.toLowerCase())
    if (kinds.includes(name)) return { kind: name, id }
  }
  return null
}
