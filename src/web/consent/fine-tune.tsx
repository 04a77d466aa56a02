import { Collapsible } from '@base-ui/react/collapsible'
import type { ConsentView } from '#contract'
import { ChevronRight } from 'lucide-react'
import { Switch } from '../ui/switch.tsx'
import { has, impliedBy, type Narrowing } from './capabilities.ts'

const durations = [
  { value: '', label: 'Until I end it' },
  { value: '1', label: 'For a day' },
  { value: '7', label: 'For a week' },
  { value: '30', label: 'For 30 days' },
  { value: '90', label: 'For 90 days' },
  { value: '365', label: 'For a year' },
]

type Props = { view: ConsentView; narrowing: Narrowing; onChange: (narrowing: Narrowing) => void }

/** Folded: each scope, each object, how long. Everything here only takes away. */
export function FineTune({ view, narrowing, onChange }: Props) {
  const { scopes, objects, days } = narrowing
  const all = view.objects.map((object) => object.name)

  function toggleScope(scope: string, on: boolean) {
    const next = view.scopes.map((s) => s.scope).filter((s) => (s === scope ? on : scopes.includes(s)))
    onChange({ ...narrowing, scopes: next })
  }
  function toggleObject(name: string, on: boolean) {
    const next = all.filter((object) => (object === name ? on : (objects ?? all).includes(object)))
    onChange({ ...narrowing, objects: next.length === all.length ? null : next })
  }

  return (
    <Collapsible.Root className="mt-5 border-y border-line">
      <Collapsible.Trigger className="group flex h-10 w-full items-center gap-1.5 rounded-sm text-sm font-medium pointer-coarse:h-12">
        <ChevronRight
          size={16}
          className="text-faint transition-transform group-data-panel-open:rotate-90"
          aria-hidden
        />
        Fine-tune
        <span className="ml-auto truncate text-table font-normal text-faint">{summary(view, narrowing)}</span>
      </Collapsible.Trigger>
      <Collapsible.Panel className="flex flex-col gap-4 pb-4 pl-[22px]">
        <fieldset>
          <legend className="text-table font-medium text-muted">What it may do</legend>
          {view.scopes.map(({ scope, words }) => (
            <Switch
              key={scope}
              label={words}
              checked={has(scope, scopes)}
              disabled={scope === 'openid' || impliedBy(scope, scopes)}
              hint={hintOf(scope, scopes)}
              onChange={(on) => toggleScope(scope, on)}
            />
          ))}
        </fieldset>
        {view.objects.length > 0 && (
          <fieldset>
            <legend className="text-table font-medium text-muted">Where</legend>
            {view.objects.map(({ name, labelPlural }) => (
              <Switch
                key={name}
                label={labelPlural}
                checked={(objects ?? all).includes(name)}
                onChange={(on) => toggleObject(name, on)}
              />
            ))}
          </fieldset>
        )}
        <label className="flex items-center justify-between gap-4">
          <span className="text-sm">How long</span>
          {/* The browser's own list: this page stays small. */}
          <select
            value={days === null ? '' : String(days)}
            className="h-9 w-44 rounded-md border border-control bg-canvas px-2 text-sm pointer-coarse:h-11"
            onChange={({ target: { value } }) =>
              onChange({ ...narrowing, days: value === '' ? null : Number(value) })
            }
          >
            {durationsFor(view).map((duration) => (
              <option key={duration.value} value={duration.value}>
                {duration.label}
              </option>
            ))}
          </select>
        </label>
      </Collapsible.Panel>
    </Collapsible.Root>
  )
}

function hintOf(scope: string, scopes: readonly string[]): string | undefined {
  if (scope === 'openid') return 'Nobody can be signed in without it'
  return impliedBy(scope, scopes) ? 'Included in what else is on' : undefined
}

/** What the client policy leaves: up to its most, and the most itself. */
function durationsFor({ mostDays }: ConsentView) {
  if (mostDays === null) return durations
  const shorter = durations.filter(({ value }) => value !== '' && Number(value) < mostDays)
  return [
    ...shorter,
    { value: String(mostDays), label: mostDays === 1 ? 'For a day' : `For ${mostDays} days` },
  ]
}

function summary(view: ConsentView, { scopes, objects, days }: Narrowing): string {
  const where = view.signInOnly
    ? `${scopes.length} of ${view.scopes.length}`
    : objects
      ? `${objects.length} of ${view.objects.length} objects`
      : view.elsewhere
        ? scopes.length === view.scopes.length
          ? 'Everything it asks'
          : 'Less than it asks'
        : 'All objects'
  const long = durationsFor(view).find((d) => d.value === (days === null ? '' : String(days)))
  return `${where} · ${(long?.label ?? '').toLowerCase().replace('until i', 'until you')}`
}
