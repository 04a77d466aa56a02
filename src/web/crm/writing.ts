import type { ChangeSetView, Intent, RecordPage, RecordView, Submission, UndoResult } from '#contract'
import type { InfiniteData } from '@tanstack/react-query'
import { ApiFailure, api, sentence } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { toast } from '../ui/toast.tsx'
import type { Edit } from './fields/field-ui.ts'

/** What this page wrote lately, newest last: for Ctrl Z, and so that one's own changes don't flash as news. */
const written: string[] = []
const ownVersions = new Set<string>()
/** One write at a time per record, so that each knows the version the one before it made. */
const queues = new Map<string, Promise<unknown>>()

export function isOwn({ id, version }: RecordView): boolean {
  return ownVersions.has(`${id}:${version}`)
}

type Where = { object: string; id: string }

/** Shows the values at once, saves them, and puts things right when the server refuses. */
export async function updateRecord({ object, id }: Where, edits: Record<string, Edit>, label: string) {
  const show = Object.fromEntries(Object.entries(edits).map(([name, edit]) => [name, edit.show]))
  const values = Object.fromEntries(Object.entries(edits).map(([name, edit]) => [name, edit.send]))
  patch(object, id, (record) => ({ ...record, fields: { ...record.fields, ...show } }))
  const turn = afterOthers(id, async () => {
    const version = memorised(object, id)?.version
    try {
      await submit([{ do: 'update', object, id, values, ...(version !== undefined && { version }) }])
    } catch (error) {
      if (error instanceof ApiFailure && error.code === 'conflict' && version !== undefined) {
        conflict({ object, id }, values, label, error)
      } else toast(`${label} wasn’t saved`, { description: detail(error), tone: 'problem' })
      await refresh(object)
    }
  })
  queues.set(id, turn)
  await turn
  if (queues.get(id) === turn) queues.delete(id)
}

/** Waits for the writes of the same record that were begun earlier. */
async function afterOthers(id: string, write: () => Promise<void>) {
  await queues.get(id)
  await write()
}

/** Somebody was faster: their version is on the screen now, and hers is one click away. */
function conflict({ object, id }: Where, values: Record<string, unknown>, label: string, error: ApiFailure) {
  toast(`${label} changed while you were editing`, {
    description: `${error.message} You see the newer version now; yours wasn’t saved.`,
    tone: 'problem',
    action: {
      label: 'Save mine',
      run: () =>
        void submit([{ do: 'update', object, id, values }]).catch((again: unknown) =>
          toast(`${label} wasn’t saved`, { description: detail(again), tone: 'problem' }),
        ),
    },
  })
}

/** Writes intents as one change set, all or none. Throws ApiFailure. */
export async function submit(intents: Intent[]): Promise<ChangeSetView> {
  const submission: Submission = { intents, idempotencyKey: crypto.randomUUID() }
  const changeSet = await api<ChangeSetView>('POST', '/changes', submission)
  written.push(changeSet.id)
  if (written.length > 100) written.shift()
  for (const { object, recordId, verb } of changeSet.changes) {
    if (verb !== 'update') continue
    patch(object, recordId, (record) => {
      ownVersions.add(`${recordId}:${record.version + 1}`)
      return { ...record, version: record.version + 1 }
    })
  }
  for (const object of new Set(changeSet.changes.map((change) => change.object))) void refresh(object)
  return changeSet
}

/** Deletes, and offers to take it back. */
export async function deleteRecords(records: readonly RecordView[], plural: string) {
  try {
    const changeSet = await submit(
      records.map(({ object, id, version }) => ({ do: 'delete', object, id, version })),
    )
    const what =
      records.length === 1 ? `“${records[0]?.label ?? ''}”` : `${records.length} ${plural.toLowerCase()}`
    toast(`Deleted ${what}`, { action: { label: 'Undo', run: () => void undo(changeSet.id) } })
    return true
  } catch (error) {
    toast('Nothing was deleted', { description: detail(error), tone: 'problem' })
    return false
  }
}

/** Takes a change set back and says what happened. What somebody changed since stays, and is named. */
export async function undo(id: string): Promise<UndoResult | null> {
  try {
    const result = await api<UndoResult>('POST', `/changes/${encodeURIComponent(id)}/undo`)
    const { changeSet, conflicts } = result
    const objects = new Set([...(changeSet?.changes ?? []), ...conflicts].map((one) => one.object))
    await Promise.all([...objects].map(refresh))
    const kept = conflicts.map((one) => `${one.label}: ${one.field}`).join(', ')
    if (conflicts.length === 0) toast(`Undone: ${summary(changeSet)}`)
    else {
      toast(changeSet ? `Undone in part: ${summary(changeSet)}` : 'Nothing was undone', {
        description: `Changed again since, so the newer value stays: ${kept}.`,
        tone: 'problem',
      })
    }
    return result
  } catch (error) {
    toast('It wasn’t undone', { description: detail(error), tone: 'problem' })
    return null
  }
}

/** Ctrl Z: the newest thing this page wrote. */
export function undoLast() {
  const id = written.pop()
  if (id === undefined) toast('Nothing to undo here')
  else void undo(id)
}

function summary(changeSet: ChangeSetView | null): string {
  const [first] = changeSet?.changes ?? []
  if (!first) return 'nothing'
  const more = (changeSet?.changes.length ?? 1) - 1
  return more > 0 ? `“${first.label}” and ${more} more` : `“${first.label}”`
}

export function detail(error: unknown): string {
  const fields = error instanceof ApiFailure ? Object.values(error.fields) : []
  return fields.length > 0 &&
    error instanceof ApiFailure &&
    !fields.every((one) => error.message.includes(one))
    ? `${error.message}: ${fields.join('; ')}`
    : sentence(error)
}

/** Asks again for everything shown of an object, and for the histories that may name it. */
export async function refresh(object: string) {
  await Promise.all([
    memory.invalidateQueries({ queryKey: ['records', object] }),
    memory.invalidateQueries({ queryKey: ['history'] }),
  ])
}

function patch(object: string, id: string, change: (record: RecordView) => RecordView) {
  const one = (record: RecordView) => (record.id === id ? change(record) : record)
  memory.setQueriesData<InfiniteData<RecordPage>>(
    { queryKey: ['records', object, 'list'] },
    (data) =>
      data && { ...data, pages: data.pages.map((page) => ({ ...page, records: page.records.map(one) })) },
  )
  memory.setQueriesData<RecordView>(
    { queryKey: ['records', object, 'one', id] },
    (record) => record && change(record),
  )
}

function memorised(object: string, id: string): RecordView | undefined {
  const lists = memory.getQueriesData<InfiniteData<RecordPage>>({ queryKey: ['records', object, 'list'] })
  const listed = lists.flatMap(([, data]) => data?.pages.flatMap((page) => page.records) ?? [])
  const alone = memory.getQueryData<RecordView>(['records', object, 'one', id])
  const known = [...listed, ...(alone ? [alone] : [])].filter((record) => record.id === id)
  return known.toSorted((a, b) => b.version - a.version)[0]
}
