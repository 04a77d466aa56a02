export { testClock } from './clock.ts'
export { openTestStorage } from './storage.ts'
