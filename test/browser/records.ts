import type { ChangeSetView } from '#contract'
import type { RunningTandem } from '../support/tandem.ts'

type Values = Record<string, unknown>

/** Records that Ada made before the test begins; resolves to their ids in order. */
export async function createRecords(
  tandem: RunningTandem,
  object: string,
  list: Values[],
): Promise<string[]> {
  const ada = await tandem.signIn('ada')
  const { status, body } = await ada.json('POST', '/api/changes', {
    intents: list.map((values) => ({ do: 'create', object, values })),
  })
  if (status !== 200) throw new Error(`not created: ${JSON.stringify(body)}`)
  return (body as ChangeSetView).changes.map((change) => change.recordId)
}

export async function readRecord(tandem: RunningTandem, object: string, id: string): Promise<Values> {
  const ada = await tandem.signIn('ada')
  const { body } = await ada.json('GET', `/api/objects/${object}/records/${id}`)
  return (body as { fields: Values }).fields
}
