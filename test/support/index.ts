export { testClock } from './clock.ts'
export { openTestStorage, sharedPostgres } from './storage.ts'
export { postgresAvailable, startPostgres } from './postgres.ts'
export type { TestPostgres } from './postgres.ts'
