import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SetupError, sameSecret, systemClock } from '#foundation'
import type { Config, Log } from '#foundation'
import { compose, tandemMigrations } from '../compose.ts'
import { checkSecret } from '../secret.ts'
import { readArchive, readManifest, sync } from './archive.ts'
import type { Manifest } from './archive.ts'
import { damaged } from './frames.ts'
import type { Item } from './frames.ts'
import { isEmpty, load, returnPoint } from './postgres-tools.ts'
import type { Opener } from './sealing.ts'

export type Restored = {
  madeAt: string
  by: string
  driver: Manifest['driver']
  /** What the audit chain says of itself afterwards. */
  audit: { entries: number; broken: { seq: number; why: string } | null }
  grants: number
  /** Where the secret was put that the backup held; null when it was here already. */
  secretFile: string | null
}

/**
 * Brings a backup into an empty install: everything is opened, proven and tried out beside its place first. What fails
 * leaves the place as empty as it was. @throws SetupError
 */
export async function restoreBackup(
  file: string,
  { config, passphrase, log }: { config: Config; passphrase: string | undefined; log: Log },
): Promise<Restored> {
  const head = readManifest(file)
  const { manifest } = head
  checkFits(manifest, config)
  const opener = openerFor(manifest, config, passphrase)
  if (config.DATABASE_URL === undefined) checkEmpty(config.TANDEM_DATA_DIR)
  else if (!(await isEmpty(config.DATABASE_URL)))
    throw new SetupError('DATABASE_URL leads to a database that holds something. Restore into an empty one')

  const inside = config.DATABASE_URL === undefined
  if (inside) mkdirSync(config.TANDEM_DATA_DIR, { recursive: true, mode: 0o700 })
  const staging = inside
    ? join(config.TANDEM_DATA_DIR, 'restoring')
    : mkdtempSync(join(tmpdir(), 'tandem-restore-'))
  rmSync(staging, { recursive: true, force: true })
  mkdirSync(staging, { mode: 0o700 })
  try {
    await readArchive(file, head, opener, (item) => unpack(item, staging))
    const held = opener.kind === 'passphrase' ? readFileSync(join(staging, 'secret'), 'utf8') : opener.secret
    const secret = checkSecret(held)
    if (config.TANDEM_SECRET !== undefined && !sameSecret(config.TANDEM_SECRET, secret))
      throw new SetupError(
        'TANDEM_SECRET is not the secret of the install that was backed up. Leave it out, or set that one',
      )
    // Before anything is in a place of its own: what fails leaves nothing.
    const place = config.TANDEM_SECRET === undefined ? secretPlace(config.TANDEM_DATA_DIR, secret) : null
    const prove = async () => ({
      ...(await tryOut({ ...config, TANDEM_SECRET: secret, TANDEM_DATA_DIR: staging }, manifest, log)),
      secretFile: place === null ? null : keepSecret(place, secret),
    })
    const proven =
      config.DATABASE_URL === undefined
        ? await prove()
        : await loadAnd(prove, join(staging, 'dump'), config.DATABASE_URL)
    if (inside) {
      renameSync(join(staging, 'postgres'), join(config.TANDEM_DATA_DIR, 'postgres'))
      if (process.platform !== 'win32') sync(config.TANDEM_DATA_DIR)
    }
    return { madeAt: manifest.madeAt, by: manifest.tandem, driver: manifest.driver, ...proven }
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/** What doesn't hold once it is loaded is taken away again: the database is as it was found. */
async function loadAnd<T>(prove: () => Promise<T>, dump: string, databaseUrl: string): Promise<T> {
  const takeAway = await returnPoint(databaseUrl)
  try {
    await load(dump, databaseUrl)
    return await prove()
  } catch (error) {
    await takeAway().catch((cause: unknown) => {
      const why = error instanceof SetupError ? error.message : 'The restore failed'
      throw new SetupError(
        `${why}. What was loaded by then couldn’t be taken away: drop the database and create it anew before you restore again`,
        { cause: new AggregateError([error, cause]) },
      )
    })
    throw error
  }
}

function checkFits({ driver, migrations, tandem }: Manifest, { DATABASE_URL }: Config): void {
  const here = DATABASE_URL === undefined ? 'embedded' : 'server'
  if (driver !== here)
    throw new SetupError(
      driver === 'server'
        ? 'This backup is of a PostgreSQL: set DATABASE_URL to an empty database'
        : 'This backup is of an embedded database: leave DATABASE_URL out',
    )
  const known = new Set(['0001-storage', ...tandemMigrations.map(({ name }) => name)])
  const newer = migrations.find((name) => !known.has(name))
  if (newer !== undefined)
    throw new SetupError(
      `This backup was made by a newer Tandem (${tandem} has migration ${newer}). Restore it with that version`,
    )
}

function openerFor({ key }: Manifest, config: Config, passphrase: string | undefined): Opener {
  if (key.kind === 'passphrase') {
    if (passphrase !== undefined) return { kind: 'passphrase', passphrase }
    throw new SetupError('This backup was made with a passphrase: give it with --passphrase-file')
  }
  const file = join(config.TANDEM_DATA_DIR, 'secret')
  const secret = config.TANDEM_SECRET ?? (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined)
  if (secret !== undefined) return { kind: 'install', secret }
  throw new SetupError(
    `This backup opens with the secret of the install that made it: set TANDEM_SECRET, or put its file at ${file}`,
  )
}

function checkEmpty(dataDir: string): void {
  for (const name of ['postgres', 'control.json'])
    if (existsSync(join(dataDir, name)))
      throw new SetupError(`${dataDir} holds an install already. Restore into an empty TANDEM_DATA_DIR`)
}

async function unpack({ path, bytes }: Item, staging: string): Promise<void> {
  const target = join(staging, path)
  if (!/^(postgres(\/|$)|secret$|dump$)/.test(path)) throw damaged()
  if (path.endsWith('/')) {
    mkdirSync(target, { recursive: true, mode: 0o700 })
    for await (const _ of bytes) throw damaged()
    return
  }
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  await pipeline(Readable.from(bytes), createWriteStream(target, { flags: 'wx', mode: 0o600 }))
  sync(target)
}

/** Opens it once, which also brings an older schema up to date, and walks the chain. */
async function tryOut(config: Config, { madeAt, tandem }: Manifest, log: Log) {
  const parts = await compose(config, { clock: systemClock, log })
  try {
    const audit = await parts.audit.verify()
    const { total } = await parts.oauth.grants.search({ state: 'active', limit: 1 })
    await parts.storage.transaction<never, void>((tx) =>
      parts.audit.record(tx, {
        event: 'backup.restored',
        outcome: 'ok',
        actor: { kind: 'system', name: 'tandem restore' },
        detail: { made_at: madeAt, made_by: tandem },
      }),
    )
    return { audit: { entries: audit.entries, broken: audit.broken }, grants: total }
  } finally {
    await parts.close()
  }
}

/** Where an embedded install looks for it; one on PostgreSQL is told to set it. Null when it is there already. */
function secretPlace(dataDir: string, secret: string): string | null {
  const file = join(dataDir, 'secret')
  if (!existsSync(file)) return file
  if (readFileSync(file, 'utf8').trim() === secret) return null
  throw new SetupError(`${file} holds another secret. Move it away first`)
}

/** Never over another one. */
function keepSecret(file: string, secret: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' })
  sync(file)
  return file
}
