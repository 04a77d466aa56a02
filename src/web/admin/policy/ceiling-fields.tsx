import type { PolicyView } from '#contract'
import { TextField } from '../../ui/text-field.tsx'
import { Checks } from './rule-fields.tsx'
import type { RuleForm } from './rule-form.ts'

type Props = { form: RuleForm; view: PolicyView; onChange: (change: Partial<RuleForm>) => void }

const figures = [
  { name: 'grantDays', label: 'Days a permission lasts', min: 1, max: 365 },
  { name: 'accessSeconds', label: 'Seconds a token lives', min: 30, max: 600 },
  { name: 'refreshIdleHours', label: 'Hours unused until it is signed out', min: 1, max: 720 },
  { name: 'registrationsPerMinute', label: 'Registrations a minute and address', min: 1, max: 1000 },
  { name: 'unclaimedPerAddress', label: 'Apps nobody used, per address', min: 0, max: 10_000 },
] as const

/** The most that apps under this rule get. What is left open isn't limited by it. */
export function CeilingFields({ form, view, onChange }: Props) {
  return (
    <fieldset className="flex flex-col gap-3 border-t border-line pt-3">
      <legend className="sr-only">What it holds them to</legend>
      <Checks
        label="At most these scopes (none chosen: no limit)"
        options={view.scopes.map((scope) => [scope, scope])}
        chosen={form.limitScopes}
        onChange={(limitScopes) => onChange({ limitScopes })}
      />
      <Checks
        label="Only these resources (none chosen: no limit)"
        options={view.resources.map(({ id, name }) => [id, `${name} (${id})`])}
        chosen={form.limitResources}
        onChange={(limitResources) => onChange({ limitResources })}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        {figures.map(({ name, label, min, max }) => (
          <TextField
            key={name}
            label={label}
            type="number"
            min={min}
            max={max}
            placeholder={`${min} to ${max}`}
            value={form[name]}
            onValueChange={(value) => onChange({ [name]: String(value) })}
          />
        ))}
      </div>
    </fieldset>
  )
}
