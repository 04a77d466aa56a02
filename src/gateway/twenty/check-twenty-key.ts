import type { Clock, OutwardClient } from '#foundation'
import { UpstreamTrouble } from '../engine.ts'
import type { UpstreamAccess } from '../engine.ts'
import { TwentyRefusal } from './client/answers.ts'
import { createPace } from './client/pace.ts'
import { createTwentyClient } from './client/twenty-client.ts'
import { company, person } from './objects.ts'

const answerBytes = 1024 * 1024
const timeoutMs = 10_000

/**
 * Resolves when the workspace takes the key: one record is read, since the data model may be closed to good keys.
 * @throws UpstreamTrouble `refused` for a wrong key; the others when the address can't be asked.
 */
export async function checkTwentyKey(
  access: UpstreamAccess,
  { outward, clock }: { outward: OutwardClient; clock: Clock },
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs)
  const client = createTwentyClient({ outward, access, clock, pace: createPace(clock), answerBytes, signal })
  let refusal: TwentyRefusal | undefined
  for (const object of [person, company]) {
    try {
      await client.find(object, { limit: 1 })
      return
    } catch (error) {
      if (!(error instanceof TwentyRefusal)) throw error
      refusal = error
    }
  }
  throw new UpstreamTrouble('refused', `reads neither people nor companies: ${refusal?.message ?? ''}`)
}
