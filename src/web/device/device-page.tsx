import type { ConsentAnswer } from '#contract'
import { useEffect, useState } from 'react'
import { Door } from '../account/door.tsx'
import { FormProblem } from '../account/form-problem.tsx'
import { useForm } from '../account/use-form.ts'
import { ApiFailure, api } from '../api/client.ts'
import { signInPath } from '../api/next.ts'
import { Button } from '../ui/button.tsx'
import { Skeleton } from '../ui/states.tsx'
import { TextField } from '../ui/text-field.tsx'

/** Where a person brings the code that a device shows, and where she comes back to when she has answered. */
export function DevicePage() {
  const query = new URLSearchParams(location.search)
  const done = query.get('done')
  return done === null ? <EnterCode given={query.get('user_code') ?? ''} /> : <Done done={done} />
}

function EnterCode({ given }: { given: string }) {
  const signedIn = useSignedIn()
  const form = useForm(async ({ code = '' }) => {
    try {
      const { location: next } = await api<ConsentAnswer>('POST', '/device', { code })
      location.assign(next)
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 401) throw error
      // The session ended meanwhile: what was typed comes back with her.
      history.replaceState(null, '', `/device?user_code=${encodeURIComponent(code)}`)
      location.replace(signInPath())
    }
  })
  if (!signedIn) {
    return (
      <Door title="Connect a device">
        <Skeleton lines={3} />
      </Door>
    )
  }
  return (
    <Door
      title="Connect a device"
      lead={
        given === ''
          ? 'Type the code that your device shows.'
          : 'Go on only if you started this yourself and your device shows this very code.'
      }
    >
      <form className="flex flex-col gap-4" onSubmit={form.onSubmit}>
        <TextField
          label="Code"
          name="code"
          defaultValue={given}
          placeholder="BCDF-GHJK"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={20}
          required
          autoFocus
          hint="Eight letters. Capitals and the dash don’t matter."
          error={form.of('code')}
        />
        <FormProblem message={form.problem} />
        <Button type="submit" look="primary" disabled={form.busy}>
          {form.busy ? 'Looking…' : 'Continue'}
        </Button>
      </form>
      <p className="mt-5 text-xs text-faint">
        You see what it asks for before anything is allowed. Did somebody else send you the code? Then close
        this page.
      </p>
    </Door>
  )
}

const endings: Record<string, { title: string; words: string }> = {
  allowed: {
    title: 'Go back to your device',
    words: 'It notices your answer within a few seconds. You can close this page.',
  },
  waiting: {
    title: 'Waiting for an administrator',
    words:
      'Your device is signed in, and can do nothing until an administrator approves the app. You can close this page.',
  },
  denied: {
    title: 'Nothing was allowed',
    words: 'Your device hears that you said no. You can close this page.',
  },
}

function Done({ done }: { done: string }) {
  const ending = Object.hasOwn(endings, done) ? endings[done] : undefined
  return (
    <Door title={ending?.title ?? 'Nothing to do here'} lead={ending?.words}>
      <p className="text-sm">
        <a className="font-medium text-accent underline underline-offset-2" href="/connected-apps">
          See the apps you have connected
        </a>
      </p>
    </Door>
  )
}

/** False until it is known that somebody is; who isn't goes to the sign-in page and comes back. */
function useSignedIn(): boolean {
  const [signedIn, setSignedIn] = useState(false)
  useEffect(() => {
    const abort = new AbortController()
    api('GET', '/session', undefined, abort.signal).then(
      () => setSignedIn(true),
      (error: unknown) => {
        if (abort.signal.aborted) return
        if (error instanceof ApiFailure && error.status === 401) location.replace(signInPath())
        // Whatever else it is, sending the code will tell.
        else setSignedIn(true)
      },
    )
    return () => abort.abort()
  }, [])
  return signedIn
}
