import type { ObjectView, RecordView } from '#contract'
import { Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { deleteRecords } from '../writing.ts'

type Props = {
  object: ObjectView
  rows: readonly RecordView[]
  selected: ReadonlySet<string>
  onSelect: (selected: ReadonlySet<string>) => void
  /** Whether the question before deleting stands. */
  asking: boolean
  onAsking: (asking: boolean) => void
}

/** What can be done with the selected records. */
export function SelectionBar({ object, rows, selected, onSelect, asking, onAsking }: Props) {
  const [busy, setBusy] = useState(false)
  const chosen = rows.filter((row) => selected.has(row.id))
  const what = chosen.length === 1 ? object.label.toLowerCase() : object.labelPlural.toLowerCase()

  async function remove() {
    setBusy(true)
    if (await deleteRecords(chosen.slice(0, 100), object.labelPlural)) onSelect(new Set())
    setBusy(false)
    onAsking(false)
  }
  if (chosen.length === 0) return null
  return (
    <div
      role="toolbar"
      aria-label="Selection"
      className="flex h-12 shrink-0 items-center gap-2 border-t border-line-strong bg-raised px-4"
    >
      <span className="text-table font-medium tabular-nums">
        {chosen.length} {what} selected
      </span>
      {object.can.delete && (
        <Button small look="ending" className="ml-auto" onClick={() => onAsking(true)}>
          <Trash2 size={14} aria-hidden /> Delete
        </Button>
      )}
      <IconButton label="Clear the selection" onClick={() => onSelect(new Set())}>
        <X size={16} />
      </IconButton>
      <Confirm
        open={asking}
        onClose={() => onAsking(false)}
        title={`Delete ${chosen.length} ${what}?`}
        description={
          chosen.length > 100
            ? 'The first 100 will be deleted; that is as many as one step may change. You can undo it.'
            : `${chosen
                .slice(0, 3)
                .map((row) => row.label)
                .join(', ')}${chosen.length > 3 ? ` and ${chosen.length - 3} more` : ''}. You can undo it.`
        }
        verb={`Delete ${Math.min(chosen.length, 100)} ${what}`}
        busy={busy}
        onConfirm={() => void remove()}
      />
    </div>
  )
}
