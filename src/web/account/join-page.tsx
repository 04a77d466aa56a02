import type { EnteredView, InvitationView } from '#contract'
import { useEffect, useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Skeleton } from '../ui/states.tsx'
import { TextField } from '../ui/text-field.tsx'
import { Door } from './door.tsx'
import { FormProblem } from './form-problem.tsx'
import { takeFragmentToken } from './fragment-token.ts'
import { useForm } from './use-form.ts'

type Looked = Pick<InvitationView, 'email' | 'role' | 'invitedBy'>

/** An invitation link: say your name, choose a password, come in. */
export function JoinPage() {
  const [token] = useState(takeFragmentToken)
  const [invitation, setInvitation] = useState<Looked | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const form = useForm(async ({ name, password }) => {
    const view = await api<EnteredView>('POST', '/invitations/accept', { token, name, password })
    // Where the administrators ask for a second factor, the sign-in page knows how to set one up.
    location.assign('member' in view ? '/' : `/sign-in#due=${view.due}&handle=${view.handle}`)
  })

  useEffect(() => {
    api<Looked>('POST', '/invitations/look-up', { token }).then(setInvitation, (error: unknown) =>
      setProblem(sentence(error)),
    )
  }, [token])

  if (problem !== null) {
    return (
      <Door title="This invitation doesn’t work" lead={problem}>
        <p className="text-sm text-muted">
          Invitations work once and for a limited time. Ask for a new one, or{' '}
          <a className="font-medium text-accent underline underline-offset-2" href="/sign-in">
            sign in
          </a>{' '}
          if you already have an account.
        </p>
      </Door>
    )
  }
  if (invitation === null) {
    return (
      <Door title="Join Tandem">
        <Skeleton lines={4} />
      </Door>
    )
  }
  return (
    <Door
      title="Join Tandem"
      lead={`${invitation.invitedBy} invited ${invitation.email} as ${invitation.role === 'administrator' ? 'an administrator' : 'a member'}.`}
    >
      <form className="flex flex-col gap-4" onSubmit={form.onSubmit}>
        <input type="hidden" name="username" autoComplete="username" value={invitation.email} readOnly />
        <TextField
          label="Your name"
          name="name"
          autoComplete="name"
          required
          autoFocus
          error={form.of('name')}
        />
        <TextField
          label="Choose a password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={12}
          required
          hint="At least 12 characters. A few unrelated words are good."
          error={form.of('password')}
        />
        <FormProblem message={form.problem} />
        <Button type="submit" look="primary" disabled={form.busy}>
          {form.busy ? 'Joining…' : 'Join'}
        </Button>
      </form>
    </Door>
  )
}
