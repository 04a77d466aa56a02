export { testClock } from './clock.ts'
