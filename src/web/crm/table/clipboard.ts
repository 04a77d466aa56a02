import type { Intent, RecordView } from '#contract'
import { toast } from '../../ui/toast.tsx'
import type { Edit } from '../fields/field-ui.ts'
import { fieldUi } from '../fields/registry.ts'
import { valueOf } from '../record-value.ts'
import { detail, submit, undo, updateRecord } from '../writing.ts'
import type { GridProps } from './record-grid.tsx'
import type { Active } from './use-grid.ts'

/** The active cell's text, or the selected rows as a block that spreadsheets understand. */
export function copyText({ rows, columns, selected }: GridProps, { row, column }: Active): string | null {
  const chosen = rows.filter((record) => selected.has(record.id))
  const record = rows[row]
  const field = columns.shown[column]
  const cell = (one: RecordView, at: (typeof columns.shown)[number]) =>
    fieldUi(at)
      .text(valueOf(one, at), at)
      .replace(/[\t\n]/g, ' ')
  if (chosen.length > 0) {
    return chosen.map((one) => columns.shown.map((at) => cell(one, at)).join('\t')).join('\n')
  }
  if (!record) return null
  return field ? cell(record, field) : columns.shown.map((at) => cell(record, at)).join('\t')
}

const most = 100

/** Fills cells from the active one to the right and down; several records are written as one change set. */
export async function pasteText(props: GridProps, { row, column }: Active, text: string) {
  const { rows, columns, object } = props
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n').slice(0, most)
  const problems: string[] = []
  const writes: { record: RecordView; edits: Record<string, Edit> }[] = []
  for (const [down, line] of lines.entries()) {
    const record = rows[row + down]
    if (!record || column < 0) break
    const edits: Record<string, Edit> = {}
    for (const [right, part] of line.split('\t').entries()) {
      const field = columns.shown[column + right]
      if (!field || field.readOnly || field.system || !fieldUi(field).Editor || !object.can.update) continue
      const parsed = await fieldUi(field).parse(part, field, record.fields[field.name])
      if ('problem' in parsed) problems.push(`${field.label}: ${parsed.problem}`)
      else edits[field.name] = parsed
    }
    if (Object.keys(edits).length > 0) writes.push({ record, edits })
  }
  if (problems.length > 0) {
    toast(problems.length === 1 ? 'One cell wasn’t pasted' : `${problems.length} cells weren’t pasted`, {
      description: [...new Set(problems)].slice(0, 3).join('. '),
      tone: 'problem',
    })
  }
  const [first] = writes
  if (writes.length === 1 && first) {
    const names = Object.keys(first.edits)
    const label = columns.shown.find((field) => field.name === names[0])?.label ?? first.record.label
    return updateRecord(first.record, first.edits, names.length === 1 ? label : first.record.label)
  }
  if (writes.length > 1) await writeAll(writes)
}

async function writeAll(writes: { record: RecordView; edits: Record<string, Edit> }[]) {
  const intents: Intent[] = writes.map(({ record: { object, id, version }, edits }) => ({
    do: 'update',
    object,
    id,
    version,
    values: Object.fromEntries(Object.entries(edits).map(([name, edit]) => [name, edit.send])),
  }))
  try {
    const changeSet = await submit(intents)
    toast(`Pasted into ${writes.length} records`, {
      action: { label: 'Undo', run: () => void undo(changeSet.id) },
    })
  } catch (error) {
    toast('Nothing was pasted', { description: detail(error), tone: 'problem' })
  }
}
