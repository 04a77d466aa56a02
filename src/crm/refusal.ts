import { CrmError } from './errors.ts'

/** SQLSTATE of a database error, when it is one. */
export function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/**
 * Turns what the database refuses into what the outside may read: class 22 (a value out of range or
 * malformed) is the asker's, 57014 is a time limit. Everything else passes, to be reported by its id.
 */
export async function refusal<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    const state = sqlState(cause)
    if (state.startsWith('22'))
      throw new CrmError('invalid', 'A value is out of range or malformed', { cause })
    if (state === '57014') throw new CrmError('timeout', 'This took too long. Ask for less', { cause })
    throw cause
  }
}
