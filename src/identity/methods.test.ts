import { describe, expect, it } from 'vitest'
import { amrOf, isStrong, methodsInWords, readMethods } from './methods.ts'

const ways: [string, string | null, boolean, string[], string][] = [
  ['pwd', null, false, ['pwd'], 'Password'],
  ['pwd otp', null, true, ['pwd', 'otp', 'mfa'], 'Password and authenticator app'],
  ['pwd rec', null, true, ['pwd', 'mfa'], 'Password and recovery code'],
  ['pwd swk', null, true, ['pwd', 'swk', 'mfa'], 'Password and passkey'],
  ['hwk', null, false, ['hwk'], 'Passkey'],
  ['hwk uv', null, true, ['hwk', 'mfa'], 'Passkey'],
  ['swk uv', null, true, ['swk', 'mfa'], 'Passkey'],
  ['fed', 'Google', false, [], 'Google'],
  ['fed otp', 'Google', true, ['otp', 'mfa'], 'Google and authenticator app'],
  ['fed fedmfa', 'Okta', true, ['mfa'], 'Okta'],
  ['otp', null, false, ['otp'], 'Authenticator app'],
  ['otp rec', null, false, ['otp'], 'Authenticator app and recovery code'],
]

describe('how somebody signed in', () => {
  it.each(ways)(
    '%s (%s): two factors %s, amr %j (RFC 8176 §2), in words %s',
    (stored, by, strong, amr, words) => {
      const methods = readMethods(stored)
      expect(isStrong(methods)).toBe(strong)
      expect(amrOf(methods)).toEqual(amr)
      expect(methodsInWords(methods, by)).toBe(words)
    },
  )
})
