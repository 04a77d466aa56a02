import { parseArgs } from 'node:util'
import { createLog, loadConfig } from '#foundation'
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
  const tandem = await createTandem(config, { log })
  say(`\nTandem is running at   ${tandem.url}`)
  say(`Agents connect to      ${tandem.url}/mcp`)
  const setup = await tandem.setupUrl()
  if (setup) say(`\nNobody has an account yet. Create the administrator’s here, within a day:\n  ${setup}`)

  // A promise that nobody awaited must not end everybody's work; an exception out of nowhere leaves no sound state.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
  return new Promise((resolve) => {
    let stopping = false
    const stop = (code: number): void => {
      if (stopping) process.exit(1)
      stopping = true
      say('Stopping…')
      tandem.close().then(
        () => resolve(code),
        (error: unknown) => {
          log.error({ err: error }, 'stopping failed')
          resolve(1)
        },
      )
    }
    process.on('SIGTERM', () => stop(0))
    process.on('SIGINT', () => stop(0))
    process.on('uncaughtException', (error) => {
      log.error({ err: error }, 'uncaught exception')
      stop(1)
    })
  })
}
