import type { Proof, SecurityView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { securityOptions } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Skeleton } from '../ui/states.tsx'
import { TextField } from '../ui/text-field.tsx'
import { CodeField } from './code-field.tsx'
import { useConfirming } from './confirmed.ts'
import { FormProblem } from './form-problem.tsx'
import { passkeysHere, askPasskey } from './passkeys.ts'
import { useForm } from './use-form.ts'

/** Asks who is there before something that would let a stranger stay. Mounted once per page that needs it. */
export function ConfirmDialog() {
  const { asking, done, cancel } = useConfirming()
  return (
    <Dialog
      open={asking}
      onClose={cancel}
      title="Confirm that it is you"
      description="You signed in a while ago. This holds for ten minutes."
    >
      <Ways onDone={done} />
    </Dialog>
  )
}

function Ways({ onDone }: { onDone: () => void }) {
  const { data } = useQuery(securityOptions)
  if (!data) return <Skeleton lines={3} />
  return <Known security={data} onDone={onDone} />
}

function Known({ security, onDone }: { security: SecurityView; onDone: () => void }) {
  const { hasPassword, totp, passkeys, providers } = security
  const [problem, setProblem] = useState<string | null>(null)
  const send = async (proof: Proof) => {
    await api('POST', '/account/confirm', { proof })
    onDone()
  }
  const form = useForm(({ password, code }) =>
    send(password === undefined ? { kind: 'totp', code: code ?? '' } : { kind: 'password', password }),
  )
  const attempt = (way: () => Promise<void>) => {
    setProblem(null)
    way().catch((error: unknown) => setProblem(sentence(error)))
  }
  const again = async (provider: string) => {
    const next = location.pathname + location.search
    const { location: there } = await api<{ location: string }>('POST', '/session/provider', {
      provider,
      next,
    })
    location.assign(there)
  }
  const linked = hasPassword ? [] : providers.filter((one) => one.linked)
  return (
    <div className="flex flex-col gap-3">
      {(hasPassword || totp) && (
        <form className="flex flex-col gap-3" onSubmit={form.onSubmit}>
          {hasPassword ? (
            <TextField
              label="Your password"
              name="password"
              type="password"
              autoComplete="current-password"
              required
              autoFocus
              error={form.of('password')}
            />
          ) : (
            <CodeField label="Code from your authenticator app" error={form.of('code')} />
          )}
          <FormProblem message={form.problem} />
          <Button type="submit" look="primary" disabled={form.busy}>
            {form.busy ? 'Checking…' : 'Confirm'}
          </Button>
        </form>
      )}
      <FormProblem message={problem} />
      {passkeys.length > 0 && passkeysHere() && (
        <Button
          onClick={() =>
            attempt(async () =>
              send({ kind: 'passkey', answer: await askPasskey('/account/confirm/passkey') }),
            )
          }
        >
          <KeyRound size={16} aria-hidden /> Use a passkey
        </Button>
      )}
      {linked.map(({ name, label }) => (
        <Button key={name} onClick={() => attempt(() => again(name))}>
          Sign in again with {label}
        </Button>
      ))}
    </div>
  )
}
