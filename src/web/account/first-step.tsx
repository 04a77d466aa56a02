import type { EnteredView, ProviderView } from '#contract'
import { KeyRound } from 'lucide-react'
import { useEffect, useEffectEvent, useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/text-field.tsx'
import { FormProblem } from './form-problem.tsx'
import { passkeyFromSuggestions, passkeysHere, askPasskey } from './passkeys.ts'
import { useForm } from './use-form.ts'

type Props = {
  next: string
  /** An account elsewhere that waits for her to sign in once. */
  link: string | undefined
  email: string
  providers: readonly ProviderView[]
  onEntered: (view: EnteredView) => void
}

/** Password, passkey, or an account elsewhere. */
export function FirstStep({ next, link, email, providers, onEntered }: Props) {
  const [problem, setProblem] = useState<string | null>(null)
  const linked = link === undefined ? {} : { link }
  const form = useForm(async ({ email: address, password }) => {
    setProblem(null)
    onEntered(await api<EnteredView>('POST', '/session', { email: address, password, ...linked }))
  })
  const arrived = useEffectEvent(onEntered)

  useEffect(() => {
    let here = true
    const offer = async () => {
      const answer = await passkeyFromSuggestions()
      if (!answer || !here) return
      arrived(await api<EnteredView>('POST', '/session/passkey', { answer, ...(link ? { link } : {}) }))
    }
    offer().catch((error: unknown) => setProblem(sentence(error)))
    return () => {
      here = false
    }
  }, [link])

  const attempt = (way: () => Promise<void>) => {
    setProblem(null)
    way().catch((error: unknown) => setProblem(sentence(error)))
  }
  const withPasskey = async () => {
    const answer = await askPasskey('/session/passkey/options')
    onEntered(await api<EnteredView>('POST', '/session/passkey', { answer, ...linked }))
  }
  const withProvider = async (provider: string) => {
    const { location: there } = await api<{ location: string }>('POST', '/session/provider', {
      provider,
      next,
    })
    location.assign(there)
  }

  return (
    <>
      <form className="flex flex-col gap-4" onSubmit={form.onSubmit}>
        <TextField
          label="Email"
          name="email"
          type="email"
          autoComplete="username webauthn"
          defaultValue={email}
          required
          autoFocus={email === ''}
          error={form.of('email')}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          autoFocus={email !== ''}
          error={form.of('password')}
        />
        <FormProblem message={form.problem ?? problem} />
        <Button type="submit" look="primary" disabled={form.busy}>
          {form.busy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
      <div className="mt-3 flex flex-col gap-2 border-t border-line pt-3">
        {passkeysHere() && (
          <Button onClick={() => attempt(withPasskey)}>
            <KeyRound size={16} aria-hidden /> Use a passkey
          </Button>
        )}
        {link === undefined &&
          providers.map(({ name, label }) => (
            <Button key={name} onClick={() => attempt(() => withProvider(name))}>
              Continue with {label}
            </Button>
          ))}
      </div>
    </>
  )
}
