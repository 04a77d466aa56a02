import type { ObjectView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { fieldMessage } from '../../api/client.ts'
import { objectsOptions } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { toast } from '../../ui/toast.tsx'
import { startCreating, useCreating } from '../creating.ts'
import type { Edit } from '../fields/field-ui.ts'
import { fieldUi } from '../fields/registry.ts'
import { detail, submit, undo } from '../writing.ts'
import { PropertyList } from './property-list.tsx'

/** The form for a new record, over whatever page is open. */
export function CreateRecord() {
  const creating = useCreating()
  const { data: objects } = useQuery(objectsOptions)
  const object = objects?.find((one) => one.name === creating)
  return (
    <Dialog
      open={object !== undefined}
      onClose={() => startCreating(null)}
      title={object ? `New ${object.label.toLowerCase()}` : ''}
    >
      {object && <Form key={object.name} object={object} />}
    </Dialog>
  )
}

function Form({ object }: { object: ObjectView }) {
  const navigate = useNavigate()
  const [draft, setDraft] = useState<Record<string, Edit>>({})
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const fields = object.fields.filter((field) => !field.system && !field.readOnly && fieldUi(field).Editor)
  const ordered = fields.toSorted((a, b) => rank(object, a.name) - rank(object, b.name))
  const values = Object.fromEntries(Object.entries(draft).map(([name, edit]) => [name, edit.show]))
  const problems = Object.fromEntries(
    ordered.flatMap((field) => {
      const message = fieldMessage(error, field.name)
      return message ? [[field.name, message]] : []
    }),
  )

  async function create() {
    if (busy) return
    setBusy(true)
    setError(null)
    try {
      const changeSet = await submit([
        {
          do: 'create',
          object: object.name,
          values: Object.fromEntries(Object.entries(draft).map(([name, edit]) => [name, edit.send])),
        },
      ])
      startCreating(null)
      const [made] = changeSet.changes
      toast(`Created “${made?.label ?? object.label}”`, {
        action: { label: 'Undo', run: () => void undo(changeSet.id) },
      })
      if (made)
        await navigate({
          to: '/o/$object',
          params: { object: object.name },
          search: { record: made.recordId },
        })
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <div
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void create()
      }}
      role="presentation"
    >
      <PropertyList
        fields={ordered}
        values={values}
        editable
        startWith={object.labelField}
        problems={problems}
        onEdit={(field, edit) => setDraft((before) => ({ ...before, [field.name]: edit }))}
      />
      {error !== null && Object.keys(problems).length === 0 && (
        <p role="alert" className="mt-3 rounded-md bg-danger-soft px-3 py-2 text-table text-danger">
          {detail(error)}
        </p>
      )}
      <div className="mt-4 flex items-center justify-end gap-2">
        <span className="mr-auto text-xs text-faint max-sm:hidden">Ctrl Enter creates</span>
        <Button onClick={() => startCreating(null)}>Cancel</Button>
        <Button
          look="primary"
          disabled={busy || Object.keys(draft).length === 0}
          onClick={() => void create()}
        >
          {busy ? 'Creating…' : `Create ${object.label.toLowerCase()}`}
        </Button>
      </div>
    </div>
  )
}

function rank(object: ObjectView, name: string): number {
  const field = object.fields.find((one) => one.name === name)
  return name === object.labelField ? -2 : field?.required ? -1 : 0
}
