import { useNavigate } from '@tanstack/react-router'
import { ChoiceField } from '../../ui/choice.tsx'
import type { AppSearch } from './app-search.ts'
import { kindNames, parseAppSearch } from './app-search.ts'
import { FilterBar } from '../filter-bar.tsx'

const kinds = Object.entries(kindNames).map(([value, label]) => ({ value, label }))
const states = [
  { value: 'waiting', label: 'Waits for you' },
  { value: 'approved', label: 'Approved' },
  { value: 'blocked', label: 'Blocked' },
  { value: 'unused', label: 'Unused for 30 days' },
]

/** Text, kind, state. All of it stands in the address. */
export function AppFilters({ search }: { search: AppSearch }) {
  const navigate = useNavigate()
  const set = (change: Record<string, string | undefined>) =>
    void navigate({ to: '/settings/apps', search: parseAppSearch({ ...search, ...change }), replace: true })
  return (
    <FilterBar
      label="Find an app by name or address"
      placeholder="Find an app…"
      text={search.text}
      onText={(text) => set({ text })}
    >
      <ChoiceField
        label="How it came"
        className="sm:w-44"
        value={search.kind ?? ''}
        choices={[{ value: '', label: 'Any way it came' }, ...kinds]}
        onChange={(kind) => set({ kind: kind || undefined })}
      />
      <ChoiceField
        label="State"
        className="sm:w-44"
        value={search.state ?? ''}
        choices={[{ value: '', label: 'Any state' }, ...states]}
        onChange={(state) => set({ state: state || undefined })}
      />
    </FilterBar>
  )
}
