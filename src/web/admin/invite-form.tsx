import type { InvitationView, MemberRole } from '#contract'
import { useState } from 'react'
import { confirmed } from '../account/confirmed.ts'
import { FormProblem } from '../account/form-problem.tsx'
import { useForm } from '../account/use-form.ts'
import { api } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { CopyBlock } from '../connected-apps/copy-block.tsx'
import { Button } from '../ui/button.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import { TextField } from '../ui/text-field.tsx'

const roles: { value: MemberRole; label: string }[] = [
  { value: 'member', label: 'Member' },
  { value: 'administrator', label: 'Administrator' },
]

/** Makes an invitation and shows its link, once. */
export function InviteForm() {
  const [role, setRole] = useState<MemberRole>('member')
  const [made, setMade] = useState<{ email: string; link: string } | null>(null)
  const form = useForm(async ({ email }) => {
    const { invitation, link } = await confirmed(() =>
      api<{ invitation: InvitationView; link: string }>('POST', '/invitations', { email, role }),
    )
    setMade({ email: invitation.email, link })
    await memory.invalidateQueries({ queryKey: ['invitations'] })
  })
  return (
    <form className="flex flex-col gap-3" onSubmit={form.onSubmit}>
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-52 grow">
          <TextField
            label="Email"
            name="email"
            type="email"
            required
            autoComplete="off"
            error={form.of('email')}
          />
        </div>
        <ChoiceField
          label="Role"
          value={role}
          choices={roles}
          className="w-40"
          onChange={(next) => setRole(next === 'administrator' ? next : 'member')}
        />
        <Button type="submit" look="primary" disabled={form.busy}>
          {form.busy ? 'Inviting…' : 'Invite'}
        </Button>
      </div>
      <FormProblem message={form.problem} />
      {made && (
        <div role="status">
          <p className="mb-1 text-table text-muted">Send this link to {made.email}. It is shown only now.</p>
          <CopyBlock label="Invitation link" text={made.link} />
        </div>
      )}
    </form>
  )
}
