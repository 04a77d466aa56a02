import { pino } from 'pino'
import type { Logger } from 'pino'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>

// Names under which a secret could reach a log line by accident.
const secretNames = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'token',
  'secret',
  'apiKey',
  'client_secret',
  'code',
  'code_verifier',
  'refresh_token',
  'access_token',
  'registration_access_token',
  'assertion',
]

/** JSON lines on standard error, secrets blanked by name one and two levels deep. */
export function createLog(level: string): Log {
  const paths = secretNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`])
  return pino({ level, base: null, redact: { paths, censor: '[hidden]' } }, pino.destination(2))
}

export const silentLog: Log = pino({ level: 'silent' })
