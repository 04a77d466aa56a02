import type { EnteredView, Proof, SecondWay } from '#contract'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/text-field.tsx'
import { CodeField } from './code-field.tsx'
import { Door } from './door.tsx'
import { FormProblem } from './form-problem.tsx'
import { passkeysHere, askPasskey } from './passkeys.ts'
import { useForm } from './use-form.ts'

type Props = {
  handle: string
  ways: readonly SecondWay[]
  onEntered: (view: EnteredView) => void
  onRestart: () => void
}

const otherWays: Record<SecondWay, string> = {
  totp: 'Use the authenticator app',
  passkey: 'Use a passkey',
  recovery: 'Use a recovery code',
}

/** After the password: something she has. */
export function SecondStep({ handle, ways, onEntered, onRestart }: Props) {
  const usable = ways.filter((way) => way !== 'passkey' || passkeysHere())
  const [way, setWay] = useState<SecondWay>(usable[0] ?? 'recovery')
  const [problem, setProblem] = useState<string | null>(null)
  const send = async (proof: Proof) =>
    onEntered(await api<EnteredView>('POST', '/session/second-step', { handle, proof }))
  const form = useForm(({ code = '' }) => send({ kind: way === 'totp' ? 'totp' : 'recovery', code }))

  async function withPasskey() {
    setProblem(null)
    try {
      const answer = await askPasskey('/session/second-step/passkey', { handle })
      await send({ kind: 'passkey', answer })
    } catch (error) {
      setProblem(sentence(error))
    }
  }

  return (
    <Door title="One more step" lead={leads[way]}>
      <form key={way} className="flex flex-col gap-4" onSubmit={form.onSubmit}>
        {way === 'totp' && <CodeField label="Code" error={form.of('code')} />}
        {way === 'recovery' && (
          <TextField
            label="Recovery code"
            name="code"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            autoFocus
            error={form.of('code')}
          />
        )}
        <FormProblem message={way === 'passkey' ? problem : form.problem} />
        {way === 'passkey' ? (
          <Button look="primary" onClick={() => void withPasskey()}>
            <KeyRound size={16} aria-hidden /> Use a passkey
          </Button>
        ) : (
          <Button type="submit" look="primary" disabled={form.busy}>
            {form.busy ? 'Checking…' : 'Continue'}
          </Button>
        )}
      </form>
      <div className="mt-4 flex flex-wrap gap-x-4 gap-y-1">
        {usable
          .filter((other) => other !== way)
          .map((other) => (
            <Button key={other} look="quiet" small className="-ml-2" onClick={() => setWay(other)}>
              {otherWays[other]}
            </Button>
          ))}
        <Button look="quiet" small className="-ml-2" onClick={onRestart}>
          Sign in as somebody else
        </Button>
      </div>
    </Door>
  )
}

const leads: Record<SecondWay, string> = {
  totp: 'Type the code that your authenticator app shows.',
  passkey: 'Use one of your passkeys.',
  recovery: 'Type one of the codes you kept. Each works once.',
}
