import { Field } from '@base-ui/react/field'
import type { ComponentProps, ReactNode } from 'react'

export const inputClass =
  'h-9 w-full min-w-0 rounded-md border border-control bg-canvas px-2.5 text-sm text-ink outline-none focus-visible:border-accent focus-visible:ring-2 focus-visible:ring-accent/30 data-invalid:border-danger pointer-coarse:h-11 pointer-coarse:text-base'

type Props = Omit<ComponentProps<typeof Field.Control>, 'className'> & {
  label: string
  hint?: ReactNode
  error?: string | undefined
}

/** A labelled line of text with a hint, or with what is wrong in its place. */
export function TextField({ label, hint, error, ...control }: Props) {
  return (
    <Field.Root invalid={error !== undefined} className="flex flex-col gap-1">
      <Field.Label className="text-table font-medium text-ink">{label}</Field.Label>
      <Field.Control className={inputClass} {...control} />
      {error === undefined ? (
        hint && <Field.Description className="text-xs text-faint">{hint}</Field.Description>
      ) : (
        <Field.Error match className="text-xs text-danger">
          {error}
        </Field.Error>
      )}
    </Field.Root>
  )
}
