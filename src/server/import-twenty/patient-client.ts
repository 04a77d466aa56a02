import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, OutwardClient } from '#foundation'
import { UpstreamTrouble } from '#gateway'
import { createPace, createTwentyClient } from '#gateway/twenty'
import type { TwentyClient } from '#gateway/twenty'

type Given = { outward: OutwardClient; clock: Clock }
const answerBytes = 16 * 1024 * 1024
const callTimeout = 60_000

function clientFor(
  { outward, clock }: Given,
  { url, key }: { url: string; key: string },
  stopped: AbortSignal,
): () => TwentyClient {
  const pace = createPace(clock)
  return () =>
    createTwentyClient({
      outward,
      clock,
      pace,
      answerBytes,
      access: { baseUrl: url, headers: { Authorization: `Bearer ${key}` }, secret: key },
      signal: AbortSignal.any([stopped, AbortSignal.timeout(callTimeout)]),
    })
}

const patience = { busy: 5000, unreachable: 5000, late: 5000 } as const
const tries = 30

/** An import has time: it waits where an agent would be told to come back, about three minutes for each question. */
export function patientClient(
  deps: Given,
  order: { url: string; key: string },
  signal: AbortSignal,
): TwentyClient {
  const open = clientFor(deps, order, signal)
  const again = async <T>(ask: (client: TwentyClient) => Promise<T>): Promise<T> => {
    for (let count = 1; ; count++) {
      signal.throwIfAborted()
      try {
        return await ask(open())
      } catch (error) {
        const wait =
          error instanceof UpstreamTrouble && error.kind in patience
            ? patience[error.kind as keyof typeof patience]
            : undefined
        const passes = error instanceof UpstreamTrouble && error.kind === 'busy'
        if (wait === undefined || count >= (passes ? tries : 3)) throw error
        await sleep(wait, undefined, { signal })
      }
    }
  }
  return {
    find: (object, question) => again((client) => client.find(object, question)),
    get: (object, id, depth) => again((client) => client.get(object, id, depth)),
    create: (object, body) => open().create(object, body),
    update: (object, id, body) => open().update(object, id, body),
    metadata: (kind, question) => again((client) => client.metadata(kind, question)),
    views: (part, view) => again((client) => client.views(part, view)),
    description: () => again((client) => client.description()),
  }
}
