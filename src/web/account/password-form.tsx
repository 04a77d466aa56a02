import { useRef } from 'react'
import { api } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'
import { confirmed } from './confirmed.ts'
import { FormProblem } from './form-problem.tsx'
import { useForm } from './use-form.ts'

/** Changes the password; for who has none yet, chooses one. */
export function PasswordForm({ first }: { first: boolean }) {
  const element = useRef<HTMLFormElement>(null)
  const form = useForm(async ({ current, next }) => {
    await confirmed(() => api('POST', '/password', first ? { next } : { current, next }))
    element.current?.reset()
    toast(first ? 'You have a password now' : 'Password changed. Your other sessions have ended.')
    await memory.invalidateQueries({ queryKey: ['sessions'] })
    await memory.invalidateQueries({ queryKey: ['security'] })
  })
  return (
    <form ref={element} className="flex max-w-sm flex-col gap-4" onSubmit={form.onSubmit}>
      {!first && (
        <TextField
          label="Password now"
          name="current"
          type="password"
          autoComplete="current-password"
          required
          error={form.of('current')}
        />
      )}
      <TextField
        label="New password"
        name="next"
        type="password"
        autoComplete="new-password"
        minLength={12}
        required
        hint="At least 12 characters"
        error={form.of('next')}
      />
      <FormProblem message={form.problem} />
      <Button type="submit" className="self-start" disabled={form.busy}>
        {form.busy ? 'Changing…' : first ? 'Choose the password' : 'Change the password'}
      </Button>
    </form>
  )
}
