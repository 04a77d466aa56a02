import { Select } from '@base-ui/react/select'
import { Check, ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'

export type Choice = { value: string; label: string; show?: ReactNode }

type Props = {
  label: string
  value: string
  choices: readonly Choice[]
  small?: boolean
  className?: string
  onChange: (value: string) => void
}

/** One of a few. `alignItemWithTrigger` is off: it would inject a style tag, which the CSP refuses. */
export function ChoiceField({ label, value, choices, small = false, className = '', onChange }: Props) {
  const size = small ? 'h-7 text-table pointer-coarse:h-10' : 'h-9 text-sm pointer-coarse:h-11'
  return (
    <Select.Root items={choices} value={value} onValueChange={(next) => next !== null && onChange(next)}>
      <Select.Trigger
        aria-label={label}
        className={`flex min-w-0 items-center justify-between gap-2 rounded-md border border-control bg-canvas px-2.5 text-ink select-none ${size} ${className}`}
      >
        <Select.Value className="truncate" />
        <Select.Icon>
          <ChevronDown size={14} className="text-faint" />
        </Select.Icon>
      </Select.Trigger>
      <Select.Portal>
        <Select.Positioner alignItemWithTrigger={false} sideOffset={4} className="z-60 outline-none">
          <Select.Popup className="max-h-(--available-height) max-w-(--available-width) min-w-(--anchor-width) overflow-y-auto rounded-md border border-line-strong bg-raised p-1 text-ink shadow-md shadow-black/8 outline-none">
            {choices.map((choice) => (
              <Select.Item
                key={choice.value}
                value={choice.value}
                title={choice.label}
                className="flex h-8 items-center gap-2 rounded-sm px-2 text-table outline-none select-none data-highlighted:bg-hover pointer-coarse:h-10"
              >
                <Select.ItemText className="min-w-0 grow truncate">
                  {choice.show ?? choice.label}
                </Select.ItemText>
                <Select.ItemIndicator>
                  <Check size={14} className="text-accent" />
                </Select.ItemIndicator>
              </Select.Item>
            ))}
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  )
}
