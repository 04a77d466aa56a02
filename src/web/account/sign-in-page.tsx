import { api } from '../api/client.ts'
import { safeNext } from '../api/next.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/text-field.tsx'
import { Door } from './door.tsx'
import { FormProblem } from './form-problem.tsx'
import { useForm } from './use-form.ts'

export function SignInPage() {
  const next = safeNext(new URLSearchParams(location.search).get('next'))
  const form = useForm(async ({ email, password }) => {
    await api('POST', '/session', { email, password })
    location.assign(next)
  })
  return (
    <Door
      title="Sign in"
      lead={next.startsWith('/consent/') ? 'An app is waiting for your answer.' : undefined}
    >
      <form className="flex flex-col gap-4" onSubmit={form.onSubmit}>
        <TextField
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          required
          autoFocus
          error={form.of('email')}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          error={form.of('password')}
        />
        <FormProblem message={form.problem} />
        <Button type="submit" look="primary" disabled={form.busy}>
          {form.busy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
      <p className="mt-5 text-xs text-faint">
        New here? Ask an administrator of this Tandem for an invitation link.
      </p>
    </Door>
  )
}
