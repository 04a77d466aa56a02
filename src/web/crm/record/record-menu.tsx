import type { ObjectView, RecordView } from '#contract'
import { Ellipsis, Link2, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Menu } from '../../ui/popup.tsx'
import { toast } from '../../ui/toast.tsx'
import { deleteRecords } from '../writing.ts'

type Props = { object: ObjectView; record: RecordView; onDeleted: () => void }

export function RecordMenu({ object, record, onDeleted }: Props) {
  const [asking, setAsking] = useState(false)
  const link = `${location.origin}/o/${object.name}/${record.id}`

  async function remove() {
    setAsking(false)
    if (await deleteRecords([record], object.labelPlural)) onDeleted()
  }
  return (
    <>
      <Menu
        align="end"
        trigger={
          <IconButton label="More about this record">
            <Ellipsis size={16} />
          </IconButton>
        }
        entries={[
          {
            label: 'Copy link',
            icon: <Link2 size={15} />,
            onSelect: () => void navigator.clipboard.writeText(link).then(() => toast('Link copied')),
          },
          ...(object.can.delete
            ? [
                {
                  label: 'Delete',
                  icon: <Trash2 size={15} />,
                  danger: true,
                  onSelect: () => setAsking(true),
                },
              ]
            : []),
        ]}
      />
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`Delete “${record.label}”?`}
        description="It leaves every list. You can undo it, here and in the history."
        verb={`Delete 1 ${object.label.toLowerCase()}`}
        onConfirm={() => void remove()}
      />
    </>
  )
}
