import { OAuthError } from '../errors.ts'
import type { SignedIn } from '../ports.ts'
import type { Params } from '../router/read-params.ts'

/** How the person is to be asked (OIDC Core §3.1.2.1). */
export type Prompt = {
  /** No page may be shown: an answer at once, or an error. */
  silent: boolean
  /** She is asked whatever she allowed before. */
  ask: boolean
  /** She must have signed in at this time or later. */
  signedInAfter: Date | null
}

/** OIDC Core §3.1.2.1. Unknown values are ignored. Throws login_required when `none` meets nobody, or too old a sign-in. */
export function checkPrompt({ values }: Params, person: SignedIn | null, now: Date): Prompt {
  const prompts = new Set((values['prompt'] ?? '').split(' ').filter(Boolean))
  const silent = prompts.has('none')
  if (silent && prompts.size > 1) throw new OAuthError('invalid_request', 'prompt=none stands alone')
  const signedInAfter = prompts.has('login') ? now : oldest(values['max_age'], now)
  if (silent && (!person || isBefore(person, signedInAfter))) {
    throw new OAuthError('login_required', 'Nobody is signed in, or not lately enough; leave out prompt=none')
  }
  // The consent page names who is signed in and lets her change that: our account selection.
  const ask = prompts.has('consent') || prompts.has('select_account') || prompts.has('login')
  return { silent, ask, signedInAfter }
}

/** True when the person signed in too long ago for this request. */
export function isBefore({ signedInAt }: SignedIn, signedInAfter: Date | null): boolean {
  return signedInAfter !== null && signedInAt < signedInAfter
}

function oldest(age: string | undefined, now: Date): Date | null {
  if (age === undefined) return null
  if (!/^\d{1,9}$/.test(age)) throw new OAuthError('invalid_request', 'max_age must be a number of seconds')
  return new Date(now.getTime() - Number(age) * 1000)
}
