import type { ProviderView } from '#contract'
import { useEffect, useState } from 'react'
import { api } from '../api/client.ts'
import { safeNext } from '../api/next.ts'
import { Door } from './door.tsx'
import { EnrolStep } from './enrol-step.tsx'
import { FirstStep } from './first-step.tsx'
import { FormProblem } from './form-problem.tsx'
import { providerProblem } from './provider-words.ts'
import { RecoveryCodes } from './recovery-codes.tsx'
import { SecondStep } from './second-step.tsx'
import { takeFragment, useSteps } from './steps.ts'

export function SignInPage() {
  const asked = new URLSearchParams(location.search)
  const next = safeNext(asked.get('next'))
  const [brought] = useState(takeFragment)
  const [providers, setProviders] = useState<readonly ProviderView[]>([])
  const { step, entered, restart } = useSteps(brought.step, next)
  useEffect(() => {
    // Without the list there are the other ways.
    api<{ providers: ProviderView[] }>('GET', '/sign-in').then(
      (known) => setProviders(known.providers),
      () => {},
    )
  }, [])
  const called = (name: string | null) => providers.find((one) => one.name === name)?.label ?? 'The provider'

  if (step.at === 'second-step') {
    return <SecondStep handle={step.handle} ways={step.ways} onEntered={entered} onRestart={restart} />
  }
  if (step.at === 'enrol') {
    return <EnrolStep handle={step.handle} onEntered={entered} onRestart={restart} />
  }
  if (step.at === 'codes') {
    return (
      <Door title="Keep your recovery codes">
        <RecoveryCodes codes={step.codes} onDone={() => location.assign(next)} />
      </Door>
    )
  }
  const connecting = brought.link === undefined ? null : called(asked.get('connect'))
  const problem = providerProblem(asked.get('problem'), called(asked.get('with')))
  return (
    <Door
      title="Sign in"
      lead={
        connecting !== null
          ? `You have an account here already. Sign in to it once, and from then on ${connecting} is enough.`
          : next.startsWith('/consent/')
            ? 'An app is waiting for your answer.'
            : undefined
      }
    >
      {problem !== null && (
        <div className="mb-4">
          <FormProblem message={problem} />
        </div>
      )}
      <FirstStep
        next={next}
        link={brought.link}
        email={brought.email || (asked.get('email') ?? '').slice(0, 254)}
        providers={providers}
        onEntered={entered}
      />
      <p className="mt-5 text-xs text-faint">
        New here? Ask an administrator of this Tandem for an invitation link.
      </p>
    </Door>
  )
}
