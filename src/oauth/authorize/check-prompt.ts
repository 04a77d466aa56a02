import { OAuthError } from '../errors.ts'
import type { SignedIn } from '../ports.ts'
import type { Params } from '../router/read-params.ts'

/**
 * OIDC Core §3.1.2.1. Consent is always asked here, so `none` can't be honoured (attacks C6) and `consent` asks for
 * what happens anyway. Unknown values are ignored. Returns the time after which the person must have signed in.
 */
export function checkPrompt({ values }: Params, person: SignedIn | null, now: Date): Date | null {
  const prompts = (values['prompt'] ?? '').split(' ')
  if (prompts.includes('none')) {
    throw person
      ? new OAuthError('consent_required', 'Consent is asked each time; leave out prompt=none')
      : new OAuthError('login_required', 'Nobody is signed in; leave out prompt=none')
  }
  if (prompts.includes('login')) return now
  const age = values['max_age']
  if (age === undefined) return null
  if (!/^\d{1,9}$/.test(age)) throw new OAuthError('invalid_request', 'max_age must be a number of seconds')
  return new Date(now.getTime() - Number(age) * 1000)
}
