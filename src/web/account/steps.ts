import type { EnteredView, SecondWay } from '#contract'
import { useState } from 'react'

/** Where somebody is on her way in. */
export type Step =
  | { at: 'first' }
  | { at: 'second-step'; handle: string; ways: readonly SecondWay[] }
  | { at: 'enrol'; handle: string }
  | { at: 'codes'; codes: readonly string[] }

/** What a provider left for this page to do. Handles come in the fragment, which never reaches a log. */
export type Brought = { step: Step; link: string | undefined; email: string }

const everyWay: readonly SecondWay[] = ['totp', 'passkey', 'recovery']

/** Reads the fragment and takes it out of the address bar. */
export function takeFragment(): Brought {
  const said = new URLSearchParams(location.hash.slice(1))
  if (location.hash) history.replaceState(null, '', location.pathname + location.search)
  const handle = said.get('handle') ?? ''
  const due = said.get('due')
  const ways = everyWay.filter((way) => said.get('ways')?.split(' ').includes(way))
  const step: Step =
    due === 'second-step'
      ? { at: due, handle, ways }
      : due === 'enrol'
        ? { at: due, handle }
        : { at: 'first' }
  return { step, link: said.get('link') ?? undefined, email: said.get('email') ?? '' }
}

/** The steps of one sign-in: `entered` takes an answer of the server to the next one, or in. */
export function useSteps(first: Step, next: string) {
  const [step, setStep] = useState<Step>(first)
  function entered(view: EnteredView) {
    if (!('member' in view)) {
      setStep(
        view.due === 'enrol'
          ? { at: 'enrol', handle: view.handle }
          : { at: 'second-step', handle: view.handle, ways: view.ways },
      )
    } else if (view.recoveryCodes) setStep({ at: 'codes', codes: view.recoveryCodes })
    else location.assign(next)
  }
  return { step, entered, restart: () => setStep({ at: 'first' }) }
}
