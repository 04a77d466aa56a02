import { parseArgs } from 'node:util'
import { createLog, loadConfig } from '#foundation'
import type { Log } from '#foundation'
import { createTandem } from '#server'

const say = (text: string) => process.stdout.write(`${text}\n`)

/** `tandem start`: serves until told to stop. */
export async function start(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { demo: { type: 'boolean' } } })
  const settings = loadConfig(process.env)
  const config = values.demo ? { ...settings, TANDEM_DEMO: true } : settings
  const log = createLog(config.TANDEM_LOG)
  say(config.DATABASE_URL ? 'Opening the database…' : `Opening the database in ${config.TANDEM_DATA_DIR}…`)
  if (config.TANDEM_DEMO) say('Filling in a sales team’s data, unless it is there…')
  const stopped = stopSignal(log)
  const tandem = await createTandem(config, { log })
  say(`\nTandem is running at   ${tandem.url}`)
  say(`Agents connect to      ${tandem.url}/mcp`)
  const setup = await tandem.setupUrl()
  if (setup) say(`\nNobody has an account yet. Create the administrator’s here, within a day:\n  ${setup}`)

  const code = await stopped
  say('Stopping…')
  await tandem.close()
  return code
}

/** Resolves to the exit code when somebody, or an error, ends the process. A second signal doesn't wait. */
function stopSignal(log: Log): Promise<number> {
  return new Promise((resolve) => {
    let asked = false
    const stop = (code: number): void => {
      if (asked) process.exit(code || 1)
      asked = true
      resolve(code)
    }
    process.on('SIGTERM', () => stop(0))
    process.on('SIGINT', () => stop(0))
    // A promise that nobody awaited must not end everybody's work; an exception out of nowhere leaves no sound state.
    process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
    process.on('uncaughtException', (error) => {
      log.error({ err: error }, 'uncaught exception')
      stop(1)
    })
  })
}
