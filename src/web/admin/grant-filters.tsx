import type { MemberView } from '#contract'
import { grantKinds, grantStates } from '#contract'
import { useNavigate } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { Button } from '../ui/button.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import type { GrantSearch } from './grant-search.ts'
import { kindNames, parseGrantSearch, stateNames } from './grant-search.ts'
import { FilterBar } from './filter-bar.tsx'

/** Text, person, kind, state; an app comes by its link. All of it stands in the address. */
export function GrantFilters({ search, members }: { search: GrantSearch; members: MemberView[] }) {
  const navigate = useNavigate()
  const set = (change: Record<string, string | undefined>) =>
    void navigate({
      to: '/settings/grants',
      search: parseGrantSearch({ ...search, ...change }),
      replace: true,
    })
  return (
    <FilterBar
      label="Find an app by name"
      placeholder="Find an app…"
      text={search.text}
      onText={(text) => set({ text })}
    >
      <ChoiceField
        label="Person"
        className="sm:w-40"
        value={search.member ?? ''}
        choices={[
          { value: '', label: 'Everybody' },
          ...members.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(member) => set({ member: member || undefined })}
      />
      <ChoiceField
        label="State"
        className="sm:w-32"
        value={search.state ?? ''}
        choices={[
          { value: '', label: 'Any state' },
          ...grantStates.map((state) => ({ value: state, label: stateNames[state] })),
        ]}
        onChange={(state) => set({ state: state || undefined })}
      />
      <ChoiceField
        label="Came by"
        className="sm:w-40"
        value={search.kind ?? ''}
        choices={[
          { value: '', label: 'Any way' },
          ...grantKinds.map((kind) => ({ value: kind, label: kindNames[kind] })),
        ]}
        onChange={(kind) => set({ kind: kind || undefined })}
      />
      {search.client && (
        <Button small onClick={() => set({ client: undefined })}>
          One app only <X size={14} aria-label="Show every app" />
        </Button>
      )}
    </FilterBar>
  )
}
