/** What callers are counted by. */
export { addressKey, isLoopbackAddress } from '#foundation'
