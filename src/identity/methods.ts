/**
 * How somebody proved who she is. The names are those of RFC 8176 where it has one:
 * `pwd`, `otp` (authenticator app), `hwk` and `swk` (a passkey that stays on its device, one that is synced).
 * Ours: `uv` (the passkey checked the person too), `rec` (recovery code), `fed` (a provider vouched for her),
 * `fedmfa` (and says that it asked for more than one factor).
 */
export type Method = 'pwd' | 'otp' | 'hwk' | 'swk' | 'uv' | 'rec' | 'fed' | 'fedmfa'

export function readMethods(stored: string): Set<string> {
  return new Set(stored.split(' '))
}

/** True when two different kinds of proof were given, or one that is two in itself. */
export function isStrong(methods: ReadonlySet<string>): boolean {
  const passkey = methods.has('hwk') || methods.has('swk')
  if (methods.has('fedmfa') || (passkey && methods.has('uv'))) return true
  const first = methods.has('pwd') || methods.has('fed')
  return first && (passkey || methods.has('otp') || methods.has('rec'))
}

/** For OpenID Connect's `amr`: registered values only (RFC 8176 §2). */
export function amrOf(methods: ReadonlySet<string>): string[] {
  const amr = ['pwd', 'otp', 'hwk', 'swk'].filter((method) => methods.has(method))
  return isStrong(methods) ? [...amr, 'mfa'] : amr
}

/** In words, for the list of sessions: `Password and authenticator app`. */
export function methodsInWords(methods: ReadonlySet<string>, provider: string | null): string {
  const said = [
    methods.has('pwd') && 'password',
    methods.has('fed') && (provider ?? 'provider'),
    (methods.has('hwk') || methods.has('swk')) && 'passkey',
    methods.has('otp') && 'authenticator app',
    methods.has('rec') && 'recovery code',
  ].filter((word) => word !== false)
  const text = said.join(' and ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
