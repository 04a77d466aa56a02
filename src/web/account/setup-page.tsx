import type { Bootstrap } from '#contract'
import { useEffect, useState } from 'react'
import { api } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Switch } from '../ui/switch.tsx'
import { TextField } from '../ui/text-field.tsx'
import { Door } from './door.tsx'
import { FormProblem } from './form-problem.tsx'
import { takeFragmentToken } from './fragment-token.ts'
import { useForm } from './use-form.ts'

/** First run: whoever holds the token printed in the terminal becomes the first administrator. */
export function SetupPage() {
  const [token] = useState(takeFragmentToken)
  const [demo, setDemo] = useState(false)
  useEffect(() => {
    // Set up already: the form could only be refused.
    api<Bootstrap>('GET', '/bootstrap').then(
      ({ state }) => state !== 'first-run' && location.replace('/'),
      () => null,
    )
  }, [])
  const form = useForm(async ({ token: typed, name, email, password }) => {
    await api('POST', '/setup', { token: token || typed, name, email, password, demo })
    location.assign('/')
  })
  return (
    <Door
      title="Set up Tandem"
      lead="You are the first one here. Create the administrator’s account; the others come by invitation."
    >
      <form className="flex flex-col gap-4" onSubmit={form.onSubmit}>
        {!token && (
          <TextField
            label="Setup token"
            name="token"
            required
            autoComplete="off"
            hint="The terminal where Tandem runs printed it."
            error={form.of('token')}
          />
        )}
        <TextField
          label="Your name"
          name="name"
          autoComplete="name"
          required
          autoFocus
          error={form.of('name')}
        />
        <TextField
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          required
          error={form.of('email')}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={12}
          required
          hint="At least 12 characters. A few unrelated words are good."
          error={form.of('password')}
        />
        <Switch
          label="Fill in a sample sales team"
          hint="Companies, people and opportunities to try things on"
          checked={demo}
          onChange={setDemo}
        />
        <FormProblem message={form.problem} />
        <Button type="submit" look="primary" disabled={form.busy}>
          {form.busy ? 'Setting up…' : 'Create account'}
        </Button>
      </form>
    </Door>
  )
}
