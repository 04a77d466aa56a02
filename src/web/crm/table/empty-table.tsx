import type { ObjectView } from '#contract'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { startCreating } from '../creating.ts'
import { ObjectIcon } from '../object-icon.tsx'

type Props = { object: ObjectView; narrowed: boolean; onReset: () => void }

export function EmptyTable({ object, narrowed, onReset }: Props) {
  const plural = object.labelPlural.toLowerCase()
  if (narrowed) {
    return (
      <EmptyState title={`No ${plural} match`} action={<Button onClick={onReset}>Show all {plural}</Button>}>
        There may be some outside this filter.
      </EmptyState>
    )
  }
  return (
    <EmptyState
      icon={<ObjectIcon icon={object.icon} size={28} />}
      title={`No ${plural} yet`}
      action={
        <div className="flex flex-wrap items-center justify-center gap-3">
          {object.can.create && (
            <Button look="primary" onClick={() => startCreating(object.name)}>
              <Plus size={16} aria-hidden /> New {object.label.toLowerCase()}
            </Button>
          )}
          <Link to="/connect-an-agent" className="rounded-sm font-medium text-accent hover:underline">
            Connect an agent
          </Link>
        </div>
      }
    >
      Add the first one by hand, or connect an agent and ask it to fill the table. Whatever it adds is marked
      as its work and can be undone.
    </EmptyState>
  )
}
