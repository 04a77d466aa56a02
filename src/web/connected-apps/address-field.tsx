import { Field } from '@base-ui/react/field'
import { inputClass } from '../ui/text-field.tsx'

/** Addresses that an app may come from, one a line. */
export function AddressField({ value, onChange }: { value: string; onChange: (to: string) => void }) {
  return (
    <Field.Root className="flex flex-col gap-1">
      <Field.Label className="text-table font-medium text-muted">Only from these addresses</Field.Label>
      <Field.Control
        value={value}
        onValueChange={onChange}
        placeholder="Anywhere"
        render={<textarea rows={2} spellCheck={false} />}
        className={`${inputClass} h-auto! py-2 font-mono`}
      />
      <Field.Description className="text-xs text-faint">
        One a line, such as 192.0.2.7 or 2001:db8::/32. An assistant in the cloud comes from its maker’s
        addresses, not from yours.
      </Field.Description>
    </Field.Root>
  )
}

export function addressesIn(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}
