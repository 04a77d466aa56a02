import type { ObjectNames, TwentyRecord } from '../client/twenty-client.ts'
import { fromTwenty, needsPresent, toTwenty } from './record-map.ts'
import type { RecordMap } from './record-map.ts'
import { ToolRefusal } from './tool.ts'
import type { Result, ToolContext } from './tool.ts'

/** Makes one of the arguments. */
export async function createFrom(
  { client, workspace }: ToolContext,
  object: ObjectNames,
  map: RecordMap,
  given: Record<string, unknown>,
): Promise<Result> {
  const made = await client.create(object, toTwenty(map, given, await workspace()))
  return { created: fromTwenty(map, made) }
}

export async function readOne(
  { client }: ToolContext,
  object: ObjectNames,
  map: RecordMap,
  id: string,
): Promise<Result> {
  return { [map.called]: fromTwenty(map, await existing(client.get(object, id), object, id)) }
}

/** Sets the arguments that were given and nothing else. */
export async function updateFrom(
  { client, workspace }: ToolContext,
  object: ObjectNames,
  map: RecordMap,
  id: string,
  given: Record<string, unknown>,
): Promise<Result> {
  if (Object.values(given).every((value) => value === undefined))
    throw new ToolRefusal('Say what to change: no argument but id was given')
  const now = needsPresent(map, given) ? await existing(client.get(object, id), object, id) : null
  const body = toTwenty(map, given, await workspace(), now)
  return { updated: fromTwenty(map, await client.update(object, id, body)) }
}

/** @throws ToolRefusal when there is none. */
export async function existing(
  found: Promise<TwentyRecord | null>,
  { singular }: ObjectNames,
  id: string,
): Promise<TwentyRecord> {
  const record = await found
  if (record) return record
  throw new ToolRefusal(`There is no ${singular} with the id ${id}, or your key may not see it`)
}
