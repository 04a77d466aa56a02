import { Field } from '@base-ui/react/field'
import { inputClass } from '../../ui/text-field.tsx'

type Props = { label: string; hint: string; value: string; onChange: (value: string) => void }

/** Hosts, one a line. */
export function HostLines({ label, hint, value, onChange }: Props) {
  return (
    <Field.Root className="flex flex-col gap-1">
      <Field.Label className="text-table font-medium text-ink">{label}</Field.Label>
      <Field.Control
        value={value}
        onValueChange={(next) => onChange(String(next))}
        render={<textarea rows={2} spellCheck={false} autoCapitalize="off" />}
        className={`${inputClass} h-auto py-2 font-mono`}
      />
      <Field.Description className="text-xs text-faint">{hint}</Field.Description>
    </Field.Root>
  )
}
