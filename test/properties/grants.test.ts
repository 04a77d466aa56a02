import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Storage } from '#storage'
import { postgresAvailable } from '../support/postgres.ts'
import { interleavings } from './commands.ts'
import { establish } from './consent-deeds.ts'
import { emptyModel } from './grant-model.ts'
import { openWorld } from './world.ts'
import type { World } from './world.ts'

const seconds = 20
/** Another one each time; PROPERTY_SEED=… repeats a run that failed. */
const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31)

describe.each<[string, Storage['driver'], boolean]>([
  ['the embedded database', 'embedded', true],
  ['PostgreSQL', 'server', postgresAvailable()],
])('whatever clients, people and time do, on %s', (_name, driver, there) => {
  let world: World
  beforeAll(async () => {
    if (there) world = await openWorld(driver)
  })
  afterAll(() => world?.close())

  it.skipIf(!there)('no grant forks, none comes back, and none grows', { timeout: 120_000 }, async () => {
    let runs = 0
    const property = fc.asyncProperty(interleavings, async (commands) => {
      runs++
      const model = emptyModel(world)
      await establish(model, world, 'notebook', 'grace')
      await establish(model, world, 'ledger', 'ada')
      await fc.asyncModelRun(() => ({ model, real: world }), commands)
    })
    await fc.assert(property, {
      seed,
      numRuns: 400,
      interruptAfterTimeLimit: seconds * 1000,
      markInterruptAsFailure: false,
      endOnFailure: process.env['PROPERTY_SEED'] === undefined,
    })
    console.log(`${runs} interleavings on the ${driver} driver, PROPERTY_SEED=${seed}`)
  })
})
