import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { SetupError } from '#foundation'
import type { Config, Log } from '#foundation'

const least = 32
// Words of sample configurations: everybody knows such a secret (attacks O1, CVE-2026-53709).
const samples =
  /change.?(me|this|it)|replace|example|sample|default|placeholder|your|password|insecure|tandem|x{6}|\.\.\.|1234567|abcdefg/i

/**
 * The install's secret, from which every key is derived: from the settings, or made once in the data directory.
 * Throws {@link SetupError} for one that isn't a secret.
 */
export function loadSecret(config: Config, log: Log): string {
  if (config.TANDEM_SECRET !== undefined) return checkSecret(config.TANDEM_SECRET)
  if (config.DATABASE_URL) {
    throw new SetupError(
      'TANDEM_SECRET is required with DATABASE_URL: every replica needs the same one. Make one with `openssl rand -base64 32`',
    )
  }
  return secretFile(config.TANDEM_DATA_DIR, log)
}

export function checkSecret(secret: string, setting = 'TANDEM_SECRET'): string {
  const cure = 'Make one with `openssl rand -base64 32`'
  if (Buffer.byteLength(secret) < least)
    throw new SetupError(`${setting} must have ${least} bytes or more. ${cure}`)
  if (samples.test(secret) || new Set(secret).size < 12) {
    throw new SetupError(
      `${setting} looks like a sample, not a secret: Tandem does not start with it. ${cure}`,
    )
  }
  return secret
}

function secretFile(dataDir: string, log: Log): string {
  const file = join(dataDir, 'secret')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) {
    // A database without its secret: a new one would orphan everything sealed or chained under the old.
    if (readdirSync(dataDir, { withFileTypes: true }).some((entry) => entry.isDirectory())) {
      throw new SetupError(
        `${file} is missing, and ${dataDir} holds data already. Put the file back, or set TANDEM_SECRET to what it was`,
      )
    }
    createSecretFile(dataDir, file)
  }
  const { mode } = lstatSync(file)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    try {
      chmodSync(file, 0o600)
    } catch (cause) {
      throw new SetupError(`Others can read ${file}. Run \`chmod 600 ${file}\``, { cause })
    }
    log.warn({ file }, 'others could read the secret file; only you can now')
  }
  const secret = readFileSync(file, 'utf8').trim()
  if (Buffer.byteLength(secret) < least)
    throw new SetupError(`${file} does not hold a secret. Restore it from a backup`)
  return secret
}

/** Written whole, then named: a crash in between leaves no half secret, and of two starts at once one names it. */
function createSecretFile(dataDir: string, file: string): void {
  const draft = join(dataDir, `.secret.${process.pid}`)
  rmSync(draft, { force: true })
  const handle = openSync(draft, 'wx', 0o600)
  try {
    writeSync(handle, `${randomBytes(32).toString('base64url')}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  try {
    linkSync(draft, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
