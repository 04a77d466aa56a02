import type { ObjectView, SavedView } from '#contract'
import { useRef, useState } from 'react'
import { api, fieldMessage, sentence } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Switch } from '../../ui/switch.tsx'
import { TextField } from '../../ui/text-field.tsx'

type Props = {
  object: ObjectView
  /** The one to rename or share; null saves a new one. */
  view: SavedView | null
  shown: Pick<SavedView, 'filter' | 'sort' | 'columns'>
  onClose: () => void
  onSaved: (view: SavedView) => void
}

export function ViewDialog({ object, view, shown, onClose, onSaved }: Props) {
  const [name, setName] = useState(view?.name ?? '')
  const [shared, setShared] = useState(view?.shared ?? false)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const first = useRef<HTMLInputElement>(null)

  async function save() {
    setBusy(true)
    setError(null)
    try {
      onSaved(
        view
          ? await api<SavedView>('PATCH', `/views/${view.id}`, { name, shared })
          : await api<SavedView>('POST', '/views', { object: object.name, name, shared, ...shown }),
      )
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      onClose={onClose}
      first={first}
      title={view ? `Change ${view.name}` : 'Save as a new view'}
      {...(view ? {} : { description: 'Keeps the filters, the order and the columns as they are now.' })}
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <TextField
          ref={first}
          label="View name"
          value={name}
          maxLength={80}
          required
          error={fieldMessage(error, 'name')}
          onChange={(event) => setName(event.target.value)}
        />
        <Switch label="Everybody sees it" hint="Off: only you do" checked={shared} onChange={setShared} />
        {error !== null && fieldMessage(error, 'name') === undefined && (
          <p role="alert" className="text-table text-danger">
            {sentence(error)}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={busy || name.trim() === ''}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
