import type { Log } from '#foundation'
import type { KeyRotation } from './rotation.ts'

/** Milliseconds between two looks at whether a rotation is due. */
const interval = 60 * 60 * 1000

/** Looks now and then, until stopped. What fails is left for the next time. */
export function startRotating({ rotateWhenDue }: KeyRotation, log: Log): { stop(): void } {
  const timer = setInterval(() => {
    rotateWhenDue().then(
      (rotated) => rotated && log.info('the signing key was rotated'),
      (err: unknown) => log.warn({ err }, 'the signing key was not rotated'),
    )
  }, interval)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
