/** The shapes that server and web share. zod at the doors, types inside. */
export * from './scopes.ts'
export * from './query.ts'
export * from './records.ts'
export * from './account.ts'
export * from './consent.ts'
