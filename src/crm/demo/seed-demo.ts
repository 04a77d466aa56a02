import type { Clock, Log } from '#foundation'
import type { Storage } from '#storage'
import type { Crm } from '../crm.ts'

export async function seedDemo(_parts: { storage: Storage; crm: Crm; clock: Clock; log: Log }): Promise<void> {}
