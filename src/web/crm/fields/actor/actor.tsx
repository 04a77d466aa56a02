import type { ActorView } from '#contract'
import { Users } from 'lucide-react'
import { ActorMark, actorName } from '../../../ui/avatar.tsx'
import type { FieldUi } from '../field-ui.ts'
import { MemberFilter, MemberFilterWords } from '../parts/member-filter.tsx'

function isActor(value: unknown): value is ActorView {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('name' in value)) return false
  if (typeof value.name !== 'string') return false
  if (value.kind === 'agent') return 'clientName' in value && typeof value.clientName === 'string'
  return value.kind === 'member' || value.kind === 'system'
}

const text = (value: unknown) => (isActor(value) ? actorName(value) : '')

export const actorField: FieldUi = {
  icon: Users,
  align: 'start',
  width: 220,
  Display: ({ value }) =>
    isActor(value) && (
      <span className="flex min-w-0 items-center gap-2" title={actorName(value)}>
        <ActorMark actor={value} size={20} />
        <span className="truncate">{actorName(value)}</span>
      </span>
    ),
  text,
  parse: () => ({ problem: 'Tandem keeps this by itself' }),
  FilterInput: MemberFilter,
  FilterWords: MemberFilterWords,
}
