import { databaseError } from './answer.ts'

// What callers see when the thread ended under them, in the SQLSTATEs a server would use.

export function ranTooLong(limitMs: number): Error {
  return databaseError('57014', `canceling statement: it ran longer than ${limitMs} ms`)
}

/** Nothing of the transaction was committed, so it may run again. */
export function rolledBack(): Error {
  return databaseError('57P01', 'the database restarted: the transaction was rolled back')
}

/** It may have been committed just before the end, so it can't be repeated blindly. */
export function unknownOutcome(): Error {
  return databaseError('08007', 'the database restarted: whether this was saved is unknown')
}

export function idledTooLong(): Error {
  return databaseError('25P03', 'the transaction did nothing for too long and was rolled back')
}
