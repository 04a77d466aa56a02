import type { SigningKeyView } from '#contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { memory, signingKeysOptions } from '../api/queries.ts'
import { Page, Section } from '../shell/page.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Problem, Skeleton } from '../ui/states.tsx'
import { toast } from '../ui/toast.tsx'
import { KeyList } from './key-list.tsx'

type How = 'rotate' | 'compromised'

const questions: Record<How, { title: string; description: string; verb: string }> = {
  rotate: {
    title: 'Rotate the signing key?',
    description:
      'The next key signs from now on. What the old one signed stays good, so nobody notices. The old key can’t be brought back.',
    verb: 'Rotate now',
  },
  compromised: {
    title: 'Take back every key?',
    description:
      'For when somebody else may have got hold of them. Every access token that is out stops working at once; agents get new ones with their refresh tokens. Other servers that check tokens by themselves may believe old ones for ten minutes more.',
    verb: 'Take back all keys',
  },
}

/** The keys that sign tokens, for administrators. */
export function SigningKeysPage() {
  const { data: keys, error, refetch } = useQuery(signingKeysOptions)
  const [asking, setAsking] = useState<How | null>(null)
  // Kept while the dialog closes, so that its words don't change on the way out.
  const [asked, setAsked] = useState<How>('rotate')
  useEffect(() => {
    document.title = 'Signing keys · Tandem'
  }, [])
  const rotate = useMutation({
    mutationFn: (how: How) =>
      api<{ keys: SigningKeyView[] }>('POST', '/signing-keys/rotate', { compromised: how === 'compromised' }),
    onSuccess: ({ keys: now }, how) => {
      setAsking(null)
      memory.setQueryData(signingKeysOptions.queryKey, now)
      toast(how === 'compromised' ? 'All keys are taken back; new ones sign' : 'The next key signs now')
    },
    onError: (failure) => {
      setAsking(null)
      toast('The keys weren’t changed', { description: sentence(failure), tone: 'problem' })
    },
  })
  const ask = (how: How) => {
    setAsked(how)
    setAsking(how)
  }
  const question = questions[asked]

  return (
    <>
      <Page
        title="Signing keys"
        lead="Tandem signs what it gives agents. The key changes by itself from time to time; the next one is published beforehand, so that everybody who checks tokens knows it in time."
        action={
          keys &&
          keys.length > 0 && (
            <Button disabled={rotate.isPending} onClick={() => ask('rotate')}>
              Rotate now
            </Button>
          )
        }
      >
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : !keys ? (
          <Skeleton lines={6} />
        ) : keys.length === 0 ? (
          <p className="rounded-md border border-line px-4 py-6 text-center text-sm text-muted">
            There are no keys yet. Tandem makes them when the first app connects.
          </p>
        ) : (
          <>
            <KeyList keys={keys} />
            <Section
              title="If a key got out"
              lead="A copy of the database together with TANDEM_SECRET is enough to sign tokens. If that may have happened, take the keys back."
            >
              <Button look="ending" disabled={rotate.isPending} onClick={() => ask('compromised')}>
                Take back all keys
              </Button>
            </Section>
          </>
        )}
        <Confirm
          open={asking !== null}
          onClose={() => setAsking(null)}
          title={question.title}
          description={question.description}
          verb={question.verb}
          busy={rotate.isPending}
          onConfirm={() => rotate.mutate(asked)}
        />
      </Page>
    </>
  )
}
