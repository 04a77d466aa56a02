import type { ChangeSetView, ChangeView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { Undo2 } from 'lucide-react'
import { useState } from 'react'
import { objectsOptions } from '../../api/queries.ts'
import { ActorMark, actorName } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { ago, fullTime } from '../../ui/time.ts'
import { undo } from '../writing.ts'
import { Differences } from './differences.tsx'

type Props = {
  entry: ChangeSetView
  /** The record whose history this is; absent in the history of an app. */
  about?: string
  canUndo: boolean
}

/** One change set: the mark of who did it, what changed in words, and Undo. */
export function HistoryEntry({ entry, about, canUndo }: Props) {
  const { data: objects = [] } = useQuery(objectsOptions)
  const [busy, setBusy] = useState(false)
  const own =
    about === undefined ? entry.changes : entry.changes.filter((change) => change.recordId === about)
  const others = entry.changes.length - own.length
  const undone = entry.status === 'undone'

  async function takeBack() {
    setBusy(true)
    await undo(entry.id)
    setBusy(false)
  }
  return (
    <li className="group/entry relative flex gap-3 pb-5 before:absolute before:top-9 before:bottom-1 before:left-[13px] before:w-px before:bg-line last:before:hidden">
      <ActorMark actor={entry.actor} size={28} />
      <div className="min-w-0 grow">
        <div className="flex items-start gap-2">
          <p className="min-w-0 grow py-1 text-table">
            <span className="font-medium">{actorName(entry.actor)}</span>{' '}
            <span className="text-muted">{sentence(entry, own)}</span>{' '}
            <time dateTime={entry.at} title={fullTime(entry.at)} className="whitespace-nowrap text-faint">
              {ago(entry.at)}
            </time>
          </p>
          {undone ? (
            <span className="mt-1 rounded-sm bg-hover px-1.5 text-xs leading-5 text-muted">Undone</span>
          ) : (
            canUndo && (
              <Button small look="quiet" disabled={busy} onClick={() => void takeBack()}>
                <Undo2 size={14} aria-hidden /> {busy ? 'Undoing…' : 'Undo'}
              </Button>
            )
          )}
        </div>
        {entry.reason && <p className="text-table text-muted italic">“{entry.reason}”</p>}
        {own.map((change) => (
          <div key={change.id}>
            {about === undefined && (
              <p className="mt-1 text-table">
                {verbs[change.verb]} <span className="font-medium">{change.label || 'Untitled'}</span>
              </p>
            )}
            <Differences change={change} object={objects.find((one) => one.name === change.object)} />
          </div>
        ))}
        {others > 0 && (
          <p className="mt-1 text-xs text-faint">
            Together with {others} other {others === 1 ? 'record' : 'records'}; undoing takes all of it back.
          </p>
        )}
      </div>
    </li>
  )
}

const verbs: Record<ChangeView['verb'], string> = {
  create: 'Created',
  update: 'Changed',
  delete: 'Deleted',
  restore: 'Brought back',
}

function sentence(entry: ChangeSetView, own: readonly ChangeView[]): string {
  if (entry.undoes) return 'took a change back'
  const [first, ...more] = own
  if (!first) return 'changed something else'
  if (more.length > 0) return `changed ${own.length} records`
  const fields = Object.keys(first.after).length
  if (first.verb === 'update') return fields === 1 ? 'changed one field' : `changed ${fields} fields`
  return { create: 'created it', delete: 'deleted it', restore: 'brought it back' }[first.verb]
}
