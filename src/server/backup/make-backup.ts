import { createReadStream, existsSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SetupError, version } from '#foundation'
import type { Config, Log } from '#foundation'
import type { Admin } from '../control/open-admin.ts'
import { loadSecret } from '../secret.ts'
import { writeArchive } from './archive.ts'
import type { Item } from './frames.ts'
import { dump } from './postgres-tools.ts'
import type { Opener } from './sealing.ts'

/**
 * Backs the whole install up into one file while it runs. Sealed with the install's secret, which is not in it; or with
 * a passphrase, and then the secret is. @throws SetupError
 */
export async function makeBackup(
  file: string,
  {
    config,
    admin,
    passphrase,
    log,
  }: { config: Config; admin: Admin; passphrase: string | undefined; log: Log },
): Promise<void> {
  const target = resolve(file)
  if (existsSync(target)) throw new SetupError(`${file} is there already: choose another name`)
  const { driver, migrations, folder } = await admin.run('backup.begin', { pid: process.pid })
  const secret = loadSecret(config, log)
  const opener: Opener =
    passphrase === undefined ? { kind: 'install', secret } : { kind: 'passphrase', passphrase }
  const items = async function* (): AsyncGenerator<Item> {
    if (opener.kind === 'passphrase') yield { path: 'secret', bytes: one(secret) }
    if (folder !== null) yield* tree(folder, 'postgres')
    else yield { path: 'dump', bytes: dump(config.DATABASE_URL ?? '') }
  }
  try {
    const about = { tandem: version, driver, madeAt: new Date().toISOString(), migrations }
    await writeArchive(target, about, opener, items())
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true })
  }
}

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function* tree(folder: string, path: string): Generator<Item> {
  yield { path: `${path}/`, bytes: nothing() }
  for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
    const inside = `${path}/${entry.name}`
    if (entry.isDirectory()) yield* tree(folder, inside)
    else if (entry.isFile()) yield { path: inside, bytes: createReadStream(join(folder, inside)) }
  }
}
