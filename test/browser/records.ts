import type { ChangeSetView } from '#contract'
import { expect } from 'vitest'
import { signedIn } from '../support/chromium.ts'
import type { RunningTandem } from '../support/tandem.ts'

type Values = Record<string, unknown>

/** Records that Ada made before the test begins; resolves to their ids in order. */
export async function createRecords(
  tandem: RunningTandem,
  object: string,
  list: Values[],
): Promise<string[]> {
  const ada = await signedIn(tandem, 'ada')
  const { status, body } = await ada.json('POST', '/api/changes', {
    intents: list.map((values) => ({ do: 'create', object, values })),
  })
  if (status !== 200) throw new Error(`not created: ${JSON.stringify(body)}`)
  return (body as ChangeSetView).changes.map((change) => change.recordId)
}

export async function readRecord(tandem: RunningTandem, object: string, id: string): Promise<Values> {
  const ada = await signedIn(tandem, 'ada')
  const { body } = await ada.json('GET', `/api/objects/${object}/records/${id}`)
  return (body as { fields: Values }).fields
}

/** Expects something to become true: saving and drawing take a moment, more of it on a busy machine. */
export function eventually<T>(look: () => T | Promise<T>) {
  return expect.poll(look, { timeout: 15_000 })
}
