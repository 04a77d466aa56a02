import type { Condition, ObjectView, SavedView, SortKey } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { Check, ChevronDown, Lock, Pencil, Plus, Trash2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api, sentence } from '../../api/client.ts'
import { memory, savedViewsOptions } from '../../api/queries.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Popover } from '../../ui/popup.tsx'
import { toast } from '../../ui/toast.tsx'
import type { View } from '../view.ts'
import type { Columns } from './use-columns.ts'
import { ViewDialog } from './view-dialog.tsx'

type Change = { view?: string | undefined; filter?: Condition[] | undefined; sort?: SortKey[] | undefined }
type Props = { object: ObjectView; view: View; columns: Columns; onChange: (next: Change) => void }

/** Chooses among an object's saved views, and keeps what is on the screen as one. */
export function ViewsMenu({ object, view, columns, onChange }: Props) {
  const options = savedViewsOptions(object.name)
  const { data: views = [] } = useQuery(options)
  const [open, setOpen] = useState(false)
  const [editing, setEditing] = useState<'new' | SavedView | null>(null)
  const current = views.find(({ id }) => id === view.view)
  const shown = { filter: view.filter ?? [], sort: view.sort ?? [], columns: layoutOf(columns) }
  const differs = current !== undefined && !same(current, shown)
  const refresh = () => memory.invalidateQueries({ queryKey: options.queryKey })
  useSavedColumns(current, columns)

  function choose(next: SavedView | null) {
    setOpen(false)
    if (!next) columns.reset()
    onChange({
      view: next?.id,
      filter: next && next.filter.length > 0 ? next.filter : undefined,
      sort: next && next.sort.length > 0 ? next.sort : undefined,
    })
  }
  async function save() {
    if (!current) return
    try {
      await api('PATCH', `/views/${current.id}`, shown)
      toast(`${current.name} saved`)
    } catch (error) {
      toast(`${current.name} wasn’t saved`, { description: sentence(error), tone: 'problem' })
    }
    await refresh()
  }
  async function remove(one: SavedView) {
    setOpen(false)
    try {
      await api('DELETE', `/views/${one.id}`)
      if (one.id === current?.id) choose(null)
      toast(`${one.name} deleted`, {
        action: { label: 'Undo', run: () => void api('POST', `/views/${one.id}/restore`).then(refresh) },
      })
    } catch (error) {
      toast(`${one.name} wasn’t deleted`, { description: sentence(error), tone: 'problem' })
    }
    await refresh()
  }

  return (
    <>
      <Popover
        label="Saved views"
        open={open}
        onOpenChange={setOpen}
        trigger={
          <Button small look="quiet" aria-label={`View: ${current?.name ?? 'all'}`}>
            <span className="max-w-32 truncate" title={current?.name}>
              {current?.name ?? 'All'}
            </span>
            {differs && <span className="size-1.5 rounded-full bg-accent" title="Changed, not saved" />}
            <ChevronDown size={14} aria-hidden />
          </Button>
        }
      >
        <ul className="flex flex-col">
          <Row name={`All ${object.labelPlural.toLowerCase()}`} on={!current} onChoose={() => choose(null)} />
          {views.map((one) => (
            <Row
              key={one.id}
              name={one.name}
              own={!one.shared}
              on={one.id === current?.id}
              onChoose={() => choose(one)}
              {...(one.mine && {
                onEdit: () => {
                  setOpen(false)
                  setEditing(one)
                },
                onRemove: () => void remove(one),
              })}
            />
          ))}
        </ul>
        <div className="mt-1 flex flex-wrap gap-1 border-t border-line pt-1.5">
          {differs && current.mine && (
            <Button small look="quiet" onClick={() => (setOpen(false), void save())}>
              Save changes
            </Button>
          )}
          <Button small look="quiet" onClick={() => (setOpen(false), setEditing('new'))}>
            <Plus size={14} aria-hidden /> Save as a new view
          </Button>
        </div>
      </Popover>
      {editing && (
        <ViewDialog
          object={object}
          view={editing === 'new' ? null : editing}
          shown={shown}
          onClose={() => setEditing(null)}
          onSaved={(saved) => {
            setEditing(null)
            void refresh().then(() => editing === 'new' && onChange({ view: saved.id }))
          }}
        />
      )}
    </>
  )
}

type RowProps = {
  name: string
  own?: boolean
  on: boolean
  onChoose: () => void
  onEdit?: () => void
  onRemove?: () => void
}

function Row({ name, own = false, on, onChoose, onEdit, onRemove }: RowProps) {
  return (
    <li className="group flex h-8 items-center rounded-sm hover:bg-hover pointer-coarse:h-10">
      <button
        type="button"
        aria-pressed={on}
        onClick={onChoose}
        className="flex h-full min-w-0 grow items-center gap-2 rounded-sm px-1.5 text-left text-table"
      >
        <Check size={14} className={`shrink-0 ${on ? '' : 'invisible'}`} aria-hidden />
        <span className="truncate" title={name}>
          {name}
        </span>
        {own && <Lock size={12} className="shrink-0 text-faint" aria-label="Only you see it" />}
      </button>
      <span className="flex opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
        {onEdit && (
          <IconButton label={`Rename or share ${name}`} onClick={onEdit}>
            <Pencil size={13} />
          </IconButton>
        )}
        {onRemove && (
          <IconButton label={`Delete ${name}`} onClick={onRemove}>
            <Trash2 size={13} />
          </IconButton>
        )}
      </span>
    </li>
  )
}

/** A view that is opened brings its columns; what is changed afterwards stays changed. */
function useSavedColumns(view: SavedView | undefined, { change }: Columns) {
  const id = view?.id
  const saved = view?.columns
  useEffect(() => {
    if (saved) change(saved)
    // Only when another view is opened: its columns aren’t put back while she changes them.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [id])
}

function layoutOf({ layout }: Columns) {
  return { order: layout.order, hidden: layout.hidden }
}

function same(one: SavedView, shown: Pick<SavedView, 'filter' | 'sort' | 'columns'>): boolean {
  const text = ({ filter, sort, columns }: Pick<SavedView, 'filter' | 'sort' | 'columns'>) =>
    JSON.stringify([filter.map(({ field, op, value }) => [field, op, value ?? null]), sort, columns])
  return text(one.columns ? one : { ...one, columns: shown.columns }) === text(shown)
}
