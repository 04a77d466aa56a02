import { systemClock } from '#foundation'
import type { Config, Log } from '#foundation'
import { compose } from '../compose.ts'
import type { Parts } from '../compose.ts'
import { runCommand } from './commands.ts'
import type { RunCommand } from './commands.ts'
import { askControl } from './control.ts'

/** The install, for one command: through the running server where the database is its own, directly otherwise. */
export type Admin = { run: RunCommand; close(): Promise<void> }

/** @throws SetupError — when the database belongs to somebody who doesn't answer. */
export function openAdmin(config: Config, log: Log): Admin {
  let opened: Promise<Parts> | undefined
  const run = async (command: Parameters<RunCommand>[0], input: unknown): Promise<unknown> => {
    if (!config.DATABASE_URL) {
      const asked = await askControl(config.TANDEM_DATA_DIR, command, input)
      if (asked) return asked.result
    }
    opened ??= compose(config, { clock: systemClock, log })
    return runCommand(await opened, command, input)
  }
  return {
    // Both ways run the same table of commands: the results have its types.
    run: run as RunCommand,
    async close() {
      await (await opened)?.close()
    },
  }
}
