import type { EnteredView, TotpDraft } from '#contract'
import { useEffect, useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Skeleton } from '../ui/states.tsx'
import { Door } from './door.tsx'
import { FormProblem } from './form-problem.tsx'
import { TotpSetup } from './totp-setup.tsx'

type Props = { handle: string; onEntered: (view: EnteredView) => void; onRestart: () => void }

/** The administrators ask for a second factor, and she has none yet. */
export function EnrolStep({ handle, onEntered, onRestart }: Props) {
  const [draft, setDraft] = useState<TotpDraft | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    api<TotpDraft>('POST', '/session/enrol', { handle }).then(setDraft, (error: unknown) =>
      setProblem(sentence(error)),
    )
  }, [handle])
  return (
    <Door
      title="Set up a second step"
      lead="The administrators of this Tandem ask for one: an app on your phone that shows a new code every half minute."
    >
      {problem !== null ? (
        <div className="flex flex-col gap-4">
          <FormProblem message={problem} />
          <Button onClick={onRestart}>Sign in again</Button>
        </div>
      ) : draft === null ? (
        <Skeleton lines={6} />
      ) : (
        <TotpSetup
          draft={draft}
          onCode={async (code) =>
            onEntered(await api<EnteredView>('POST', '/session/enrol/confirm', { handle, code }))
          }
        />
      )}
    </Door>
  )
}
