import { newId } from './ids.ts'
import type { Log } from './log.ts'

/** A mistake in how this install is set up. The message says what to change; nobody needs the stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}

/** Logs an error nobody expected and returns the opaque id that may be shown outside. */
export function reportUnexpected(log: Log, error: unknown, where: string): string {
  const id = newId('err')
  log.error({ err: error, where, id }, 'unexpected error')
  return id
}
