import { memoryRateLimiter } from '#foundation'
import type { Log } from '#foundation'
import type { Backend } from '../backend.ts'
import type { Migration } from '../storage.ts'
import { preparedDirectory } from './data-directory.ts'
import { EmbeddedLine } from './embedded-line.ts'
import { embeddedOutbox } from './embedded-outbox.ts'
import { Engine } from './engine.ts'
import { lockDirectory } from './lock.ts'
import { Snapshots } from './snapshots.ts'
import { startUpkeep } from './upkeep.ts'

export type EmbeddedOptions = {
  /** Absent: in memory. */
  dataDir?: string
  /** Milliseconds one statement may run. */
  statementMs?: number
  /** Milliseconds a transaction may do nothing while others wait. */
  idleMs?: number
  /** Where databases in memory are kept by their schema, to begin from. */
  snapshots?: string
  schema?: Migration[]
  /** See {@link WorkerSettings}. */
  fileSystem?: string
  log: Log
}

export async function openEmbedded(options: EmbeddedOptions): Promise<Backend> {
  const { dataDir, statementMs = 30_000, idleMs = 60_000, fileSystem, log } = options
  const kept =
    dataDir === undefined && options.snapshots !== undefined
      ? new Snapshots(options.snapshots, options.schema ?? [])
      : undefined
  const unlock = dataDir === undefined ? () => {} : lockDirectory(dataDir)
  try {
    const directory = dataDir === undefined ? {} : { directory: await preparedDirectory(dataDir, log) }
    const engine = new Engine({
      ...directory,
      ...kept?.load(),
      ...(fileSystem === undefined ? {} : { fileSystem }),
      statementMs,
      idleMs,
      log,
    })
    await engine.open()
    await kept?.saveEmpty(() => engine.dump())
    const stopUpkeep = startUpkeep(engine, log)
    const connect = async () => new EmbeddedLine(engine)
    return {
      driver: 'embedded',
      connect,
      rateLimiter: memoryRateLimiter,
      connections: () => ({ open: 1, idle: engine.waiting === 0 ? 1 : 0, waiting: engine.waiting }),
      copyTo: (target) => engine.copyTo(target),
      unhurried: (work) => engine.unhurried(work),
      async migrated(events, transactions) {
        await kept?.saveMigrated(() => engine.dump())
        return embeddedOutbox({ connect, events, transactions, log })
      },
      async close() {
        stopUpkeep()
        await engine.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}
