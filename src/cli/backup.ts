import { readFileSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SetupError, createLog, loadConfig } from '#foundation'
import { makeBackup, openAdmin, restoreBackup } from '#server'
import { print } from './print.ts'

const options = {
  'passphrase-file': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const
const least = 12

/** `tandem backup FILE`: the whole install in one sealed file, made while it runs. */
export async function backup(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const [file] = positionals
  if (!file) throw new SetupError('Say where to: tandem backup FILE [--passphrase-file FILE]')
  const passphrase = passphraseIn(values['passphrase-file'])
  const config = loadConfig(process.env)
  const log = createLog('error')
  const admin = openAdmin(config, log)
  try {
    await makeBackup(file, { config, admin, passphrase, log })
  } finally {
    await admin.close()
  }
  const bytes = statSync(file).size
  if (values.json)
    print(JSON.stringify({ file, bytes, opensWith: passphrase === undefined ? 'secret' : 'passphrase' }))
  else {
    print(`${file}: ${(bytes / 2 ** 20).toFixed(1)} MiB, readable by you alone.`)
    print(
      passphrase === undefined
        ? `It opens only with this install’s secret, which is not in it: keep ${config.TANDEM_SECRET === undefined ? `${config.TANDEM_DATA_DIR}/secret` : 'TANDEM_SECRET'} in another safe place.`
        : 'It holds this install’s secret and opens with the passphrase alone: keep the two apart.',
    )
  }
  return 0
}

/** `tandem restore FILE`: into an empty install. 1 when the record in it doesn't hold. */
export async function restore(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const [file] = positionals
  if (!file) throw new SetupError('Say from where: tandem restore FILE [--passphrase-file FILE]')
  const config = loadConfig(process.env)
  const restored = await restoreBackup(file, {
    config,
    passphrase: passphraseIn(values['passphrase-file']),
    log: createLog('error'),
  })
  const { broken, entries } = restored.audit
  if (values.json) print(JSON.stringify(restored))
  else {
    print(`Restored what Tandem ${restored.by} held at ${restored.madeAt}: ${restored.grants} active grants.`)
    print(
      broken
        ? `But its record doesn’t hold: entry ${broken.seq}: ${broken.why}. It was so when the backup was made.`
        : `Its record holds: ${entries} entries, each follows from the one before it.`,
    )
    if (restored.secretFile !== null)
      print(
        restored.driver === 'server'
          ? `Its secret is in ${restored.secretFile}: set TANDEM_SECRET to it.`
          : `Its secret is in ${restored.secretFile}.`,
      )
    print('Keys that people stored open with the same secret and, if you set any, the same vault keys.')
  }
  return broken ? 1 : 0
}

function passphraseIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  let passphrase: string
  try {
    passphrase = readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new SetupError(`${file} can’t be read`, { cause })
  }
  if (passphrase.length < least) throw new SetupError(`A passphrase has ${least} characters or more`)
  return passphrase
}
