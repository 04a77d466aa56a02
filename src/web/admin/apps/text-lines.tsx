import { Field } from '@base-ui/react/field'
import { inputClass } from '../../ui/text-field.tsx'

type Props = {
  label: string
  name: string
  defaultValue?: string | undefined
  placeholder?: string
  hint?: string
  error?: string | undefined
}

/** A labelled field of several lines. */
export function TextLines({ label, name, defaultValue, placeholder, hint, error }: Props) {
  return (
    <Field.Root invalid={error !== undefined} className="flex flex-col gap-1">
      <Field.Label className="text-table font-medium text-ink">{label}</Field.Label>
      <Field.Control
        name={name}
        defaultValue={defaultValue}
        placeholder={placeholder}
        render={<textarea rows={3} spellCheck={false} />}
        className={`${inputClass} h-auto! py-2 font-mono`}
      />
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
