import { Button as Base } from '@base-ui/react/button'
import type { ComponentProps } from 'react'

type Look = 'primary' | 'plain' | 'quiet' | 'danger' | 'ending'

const looks: Record<Look, string> = {
  primary: 'bg-accent-fill text-white hover:not-data-disabled:bg-accent-fill-hover',
  plain: 'border border-line-strong bg-raised text-ink hover:not-data-disabled:bg-hover',
  quiet: 'text-muted hover:not-data-disabled:bg-hover hover:not-data-disabled:text-ink',
  ending: 'border border-line-strong bg-raised text-danger hover:not-data-disabled:bg-danger-soft',
  danger: 'bg-danger-fill text-white hover:not-data-disabled:opacity-90',
}

export type ButtonProps = Omit<ComponentProps<typeof Base>, 'className'> & {
  look?: Look
  small?: boolean
  /** Layout only: margins, width, alignment. */
  className?: string
}

export function Button({ look = 'plain', small = false, className = '', ...props }: ButtonProps) {
  const size = small
    ? 'h-7 gap-1 px-2 text-table pointer-coarse:h-10'
    : 'h-9 gap-1.5 px-3 text-sm pointer-coarse:h-11'
  return (
    <Base
      type="button"
      // One that is busy keeps the focus: what was pressed isn’t lost to whoever uses the keyboard.
      focusableWhenDisabled
      className={`inline-flex shrink-0 items-center justify-center rounded-md font-medium whitespace-nowrap select-none transition-colors duration-100 data-disabled:opacity-55 ${size} ${looks[look]} ${className}`}
      {...props}
    />
  )
}

/** A button that shows only an icon, and says its name. */
export function IconButton({
  label,
  className = '',
  ...props
}: Omit<ButtonProps, 'look'> & { label: string }) {
  return (
    <Base
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted select-none hover:bg-hover hover:text-ink data-disabled:opacity-55 data-popup-open:bg-hover pointer-coarse:size-10 ${className}`}
      {...props}
    />
  )
}
