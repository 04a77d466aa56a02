import { useId } from 'react'
import { ChoiceField } from '../../ui/choice.tsx'
import { Checkbox } from '../../ui/switch.tsx'
import type { Maybe } from './rule-form.ts'

type ChecksProps = {
  label: string
  options: readonly (readonly [string, string])[]
  chosen: readonly string[]
  onChange: (chosen: string[]) => void
}

/** Any of several, or none: then it doesn't matter. */
export function Checks({ label, options, chosen, onChange }: ChecksProps) {
  const id = useId()
  return (
    <div role="group" aria-labelledby={id}>
      <span id={id} className="text-table font-medium">
        {label}
      </span>
      <ul className="mt-1 flex flex-col gap-1">
        {options.map(([value, words]) => (
          <li key={value}>
            <label className="flex items-start gap-2 text-table pointer-coarse:min-h-10 pointer-coarse:items-center">
              <span className="mt-0.5">
                <Checkbox
                  label={words}
                  checked={chosen.includes(value)}
                  onChange={(on) =>
                    onChange(
                      options
                        .map(([one]) => one)
                        .filter((one) => (one === value ? on : chosen.includes(one))),
                    )
                  }
                />
              </span>
              <span className="min-w-0 [overflow-wrap:anywhere]">{words}</span>
            </label>
          </li>
        ))}
      </ul>
    </div>
  )
}

const maybes = [
  { value: '', label: 'Doesn’t matter' },
  { value: 'yes', label: 'Yes' },
  { value: 'no', label: 'No' },
]

export function MaybeField({
  label,
  value,
  onChange,
}: {
  label: string
  value: Maybe
  onChange: (value: Maybe) => void
}) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-table font-medium">{label}</span>
      <ChoiceField
        label={label}
        value={value}
        choices={maybes}
        small
        onChange={(next) => onChange(next === 'yes' || next === 'no' ? next : '')}
      />
    </div>
  )
}
