import { useNavigate } from '@tanstack/react-router'
import { ChoiceField } from '../../ui/choice.tsx'
import { inputClass } from '../../ui/text-field.tsx'
import type { AppSearch } from './app-search.ts'
import { kindNames, parseAppSearch } from './app-search.ts'
import { useTyped } from '../use-typed.ts'

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
  const [text, setText] = useTyped(search.text ?? '', (typed) => set({ text: typed || undefined }))
  return (
    <div role="search" className="mb-4 flex flex-wrap items-center gap-2 max-sm:grid max-sm:grid-cols-2">
      <input
        type="search"
        aria-label="Find an app by name or address"
        placeholder="Find an app…"
        maxLength={200}
        value={text}
        className={`${inputClass} max-sm:col-span-2 sm:max-w-56`}
        onChange={(event) => setText(event.target.value)}
      />
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
    </div>
  )
}
