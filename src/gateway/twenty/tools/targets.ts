import type { TwentyClient } from '../client/twenty-client.ts'
import { all, compare } from '../client/filter.ts'
import type { TwentyRecord } from '../client/twenty-client.ts'
import { note, noteTarget, task, taskTarget } from '../objects.ts'
import type { EntityType } from '../objects.ts'
import { objectNamed } from '../workspace.ts'
import type { TwentyWorkspace } from '../workspace.ts'
import { readAll } from './pages.ts'

/** Rows between a note or a task and what it is about. */
export const links = {
  note: { rows: noteTarget, of: note, own: 'noteId' },
  task: { rows: taskTarget, of: task, own: 'taskId' },
} as const
export type ActivityType = keyof typeof links

/** The column that names the record: `targetPersonId` since 2026, `personId` before. */
export function targetColumn(
  workspace: TwentyWorkspace | null,
  type: ActivityType,
  entity: EntityType,
): string {
  const fields = objectNamed(workspace, links[type].rows.singular)?.fields ?? []
  const target = `target${entity.charAt(0).toUpperCase()}${entity.slice(1)}`
  const field = fields.find(({ name }) => name === target) ?? fields.find(({ name }) => name === entity)
  return field?.column ?? `${field?.name ?? target}Id`
}

/** The newest notes or tasks about a record, up to `most`. */
export async function about(
  client: TwentyClient,
  workspace: TwentyWorkspace | null,
  { type, entity, id, most }: { type: ActivityType; entity: EntityType; id: string; most: number },
): Promise<{ records: TwentyRecord[]; total: number }> {
  const { rows, of, own } = links[type]
  const column = targetColumn(workspace, type, entity)
  const question = {
    filter: all([compare(column, 'eq', id)]),
    orderBy: 'createdAt[DescNullsLast]',
    depth: 1 as const,
  }
  const found = await readAll(client, rows, question, most)
  const records = found.records.flatMap((row) => {
    const record = row[of.singular]
    return isRecord(record) && typeof row[own] === 'string' ? [record] : []
  })
  return { records, total: found.total ?? found.records.length }
}

function isRecord(value: unknown): value is TwentyRecord {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
}
