import type { MemberView } from '#contract'
import { useNavigate } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { Button } from '../ui/button.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import { inputClass } from '../ui/text-field.tsx'
import type { AuditSearch } from './audit-search.ts'
import { eventKinds, parseAuditSearch } from './audit-search.ts'
import { FilterBar } from './filter-bar.tsx'

const narrowed = { grant: 'One permission only', client: 'One app only' } as const
const days = { from: 'From', to: 'To' } as const

/** Words, kind, outcome, person and days. All of it stands in the address, so a search can be passed on. */
export function AuditFilters({ search, members }: { search: AuditSearch; members: MemberView[] }) {
  const navigate = useNavigate()
  const set = (change: Record<string, string | undefined>) =>
    void navigate({
      to: '/settings/audit',
      search: parseAuditSearch({ ...search, ...change }),
      replace: true,
    })
  return (
    <FilterBar
      label="Find entries with these words"
      placeholder="Find words…"
      text={search.text}
      onText={(text) => set({ text })}
    >
      <ChoiceField
        label="Kind"
        className="sm:w-44"
        value={eventKinds.some(({ value }) => value === search.event) ? (search.event ?? '') : ''}
        choices={eventKinds}
        onChange={(event) => set({ event: event || undefined })}
      />
      <ChoiceField
        label="Outcome"
        className="sm:w-36"
        value={search.outcome ?? ''}
        choices={[
          { value: '', label: 'Any outcome' },
          { value: 'ok', label: 'Done' },
          { value: 'refused', label: 'Refused' },
          { value: 'failed', label: 'Failed' },
        ]}
        onChange={(outcome) => set({ outcome: outcome || undefined })}
      />
      <ChoiceField
        label="Person"
        className="max-sm:col-span-2 sm:w-40"
        value={members.some(({ id }) => id === search.actor) ? (search.actor ?? '') : ''}
        choices={[
          { value: '', label: 'Anybody' },
          ...members.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(actor) => set({ actor: actor || undefined })}
      />
      <div className="flex gap-2 max-sm:contents">
        {(['from', 'to'] as const).map((end) => (
          <label key={end} className="flex gap-1.5 text-table text-muted max-sm:flex-col sm:items-center">
            {days[end]}
            <input
              type="date"
              value={search[end] ?? ''}
              className={`${inputClass} sm:w-36`}
              onChange={(event) => set({ [end]: event.target.value || undefined })}
            />
          </label>
        ))}
      </div>
      {(['grant', 'client'] as const).map(
        (name) =>
          search[name] && (
            <Button key={name} small onClick={() => set({ [name]: undefined })}>
              {narrowed[name]} <X size={14} aria-label="Show all" />
            </Button>
          ),
      )}
    </FilterBar>
  )
}
