import type { FieldView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { membersOptions } from '../../../api/queries.ts'
import { PersonMark } from '../../../ui/avatar.tsx'
import type { FilterInputProps } from '../field-ui.ts'
import { PickList } from './pick-list.tsx'

/** Members as choices. */
export function useMemberPicks() {
  const { data = [] } = useQuery(membersOptions)
  return data.map((member) => ({
    key: member.id,
    label: member.name,
    show: (
      <>
        <PersonMark name={member.name} size={16} />
        <span className="truncate">{member.name}</span>
      </>
    ),
  }))
}

/** One or several members, or whoever looks at the view. */
export function MemberFilter({ field, op, value, onChange }: FilterInputProps) {
  const picks = useMemberPicks()
  const many = op === 'in' || op === 'not_in'
  const chosen = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
  return (
    <div className="rounded-md border border-line">
      <PickList
        label={`${field.label}: value`}
        picks={[{ key: '$me', label: 'Me', show: 'Me' }, ...picks]}
        chosen={chosen}
        onPick={(key) =>
          onChange(
            many ? (chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key]) : key,
          )
        }
      />
    </div>
  )
}

export function MemberFilterWords({ value }: { field: FieldView; value: unknown }) {
  const picks = useMemberPicks()
  const ids = Array.isArray(value) ? value : [value]
  return ids
    .map((id) => (id === '$me' ? 'me' : (picks.find((pick) => pick.key === id)?.label ?? '…')))
    .join(', ')
}
