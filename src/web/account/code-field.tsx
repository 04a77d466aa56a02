import { TextField } from '../ui/text-field.tsx'

/** Six digits from an authenticator app. */
export function CodeField({ label, error }: { label: string; error?: string | undefined }) {
  return (
    <TextField
      label={label}
      name="code"
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="[0-9 ]*"
      maxLength={8}
      required
      autoFocus
      error={error}
    />
  )
}
