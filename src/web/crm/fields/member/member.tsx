import { useQuery } from '@tanstack/react-query'
import { CircleUser } from 'lucide-react'
import { findMember, membersOptions } from '../../../api/queries.ts'
import { PersonMark } from '../../../ui/avatar.tsx'
import { nothing, type EditorProps, type FieldUi } from '../field-ui.ts'
import { MemberFilter, MemberFilterWords, useMemberPicks } from '../parts/member-filter.tsx'
import { PickList } from '../parts/pick-list.tsx'
import { PopupEditor } from '../parts/popup-editor.tsx'

/** Reads `{id, name}`, or a bare id: history keeps ids. */
function read(value: unknown): { id: string; name?: string } | null {
  if (typeof value === 'string') return { id: value }
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'string')
    return null
  return { id: value.id, ...('name' in value && typeof value.name === 'string' && { name: value.name }) }
}

function Display({ value }: { value: unknown }) {
  const member = read(value)
  const { data } = useQuery({ ...membersOptions, enabled: member !== null && member.name === undefined })
  if (!member) return null
  const name = member.name ?? data?.find((one) => one.id === member.id)?.name ?? '…'
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <PersonMark name={name} size={16} />
      <span className="truncate">{name}</span>
    </span>
  )
}

function Editor({ field, value, typed, onCommit, onCancel }: EditorProps) {
  const picks = useMemberPicks()
  const id = read(value)?.id
  const none = { key: '', label: 'Nobody', show: <span className="text-faint">Nobody</span> }
  return (
    <PopupEditor label={field.label} shown={<Display value={value} />} onClose={onCancel} narrow>
      <PickList
        label={field.label}
        picks={field.required ? picks : [...picks, none]}
        chosen={id ? [id] : []}
        typed={typed}
        onPick={(key, by) => {
          const name = picks.find((pick) => pick.key === key)?.label
          onCommit(
            key === '' ? nothing : { send: key, show: { id: key, name } },
            by === 'Tab' ? 'next' : 'stay',
          )
        }}
        onCancel={onCancel}
      />
    </PopupEditor>
  )
}

export const memberField: FieldUi = {
  icon: CircleUser,
  align: 'start',
  width: 160,
  Display,
  Editor,
  text: (value) => read(value)?.name ?? '',
  async parse(text) {
    if (text.trim() === '') return nothing
    const member = await findMember(text.trim())
    if (!member) return { problem: `Nobody here is called “${text.trim()}”` }
    return { send: member.id, show: { id: member.id, name: member.name } }
  },
  FilterInput: MemberFilter,
  FilterWords: MemberFilterWords,
}
