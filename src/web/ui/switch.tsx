import { Switch as Base } from '@base-ui/react/switch'
import { Checkbox as BaseCheckbox } from '@base-ui/react/checkbox'
import { Check, Minus } from 'lucide-react'
import type { ReactNode } from 'react'

type Props = {
  label: ReactNode
  hint?: ReactNode
  checked: boolean
  disabled?: boolean
  onChange: (checked: boolean) => void
}

/** A switch with its words; the whole line is the target. */
export function Switch({ label, hint, checked, disabled = false, onChange }: Props) {
  return (
    <label className="flex min-h-9 items-center justify-between gap-4 py-1 pointer-coarse:min-h-11">
      <span className="min-w-0 [overflow-wrap:anywhere]">
        <span className="block text-sm text-ink">{label}</span>
        {hint && <span className="block text-xs text-faint">{hint}</span>}
      </span>
      <Base.Root
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
        className="relative h-5 w-9 shrink-0 rounded-full border border-control bg-pressed transition-colors data-checked:border-accent-fill data-checked:bg-accent-fill data-disabled:opacity-50"
      >
        <Base.Thumb className="absolute top-0.5 left-0.5 size-3.5 rounded-full bg-control transition-transform data-checked:translate-x-4 data-checked:bg-white" />
      </Base.Root>
    </label>
  )
}

type CheckboxProps = {
  label: string
  checked: boolean
  some?: boolean
  tabIndex?: number
  onChange: (checked: boolean, shift: boolean) => void
}

/** A bare checkbox for rows; its name is for screen readers. */
export function Checkbox({ label, checked, some = false, tabIndex = 0, onChange }: CheckboxProps) {
  return (
    <BaseCheckbox.Root
      aria-label={label}
      checked={checked}
      indeterminate={some && !checked}
      tabIndex={tabIndex}
      onCheckedChange={(next, details) =>
        onChange(next, 'shiftKey' in details.event && details.event.shiftKey === true)
      }
      className="flex size-4 shrink-0 items-center justify-center rounded-sm border border-control bg-canvas text-white data-checked:border-accent-fill data-checked:bg-accent-fill data-indeterminate:border-accent-fill data-indeterminate:bg-accent-fill"
    >
      <BaseCheckbox.Indicator className="flex">
        {some && !checked ? <Minus size={12} /> : <Check size={12} />}
      </BaseCheckbox.Indicator>
    </BaseCheckbox.Root>
  )
}
