import { SetupError } from '#foundation'
import type { VaultKey } from './keys.ts'

const cure = 'Make a key with `openssl rand -base64 32`'
const mostKeys = 100
const keyBytes = 32

/** Versions below are those of keys that are derived from other settings. */
export const firstListedVersion = 2

/**
 * `2:…,3:…`: keys by version, 32 random bytes each in base64 or base64url. `from` names where the list stands; what it
 * holds is never said. @throws SetupError
 */
export function parseKeyList(text: string, from: string): VaultKey[] {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  if (entries.length === 0) throw new SetupError(`${from} holds no key. ${cure} and write it as 2:KEY`)
  if (entries.length > mostKeys) throw new SetupError(`${from} holds more than ${mostKeys} keys`)
  const keys = entries.map((entry, at) => parseKey(entry, `${from}, entry ${at + 1},`))
  refuseTwins(keys, from)
  return keys.map((key) => ({ ...key, name: `${from} ${key.version}` }))
}

/** Two versions of one key are a rotation that didn't happen. @throws SetupError */
export function refuseTwins(keys: readonly Pick<VaultKey, 'version' | 'key'>[], from: string): void {
  const seen = new Map<string, number>()
  for (const { version, key } of keys) {
    const text = Buffer.from(key).toString('hex')
    const twin = seen.get(text)
    if (twin !== undefined) throw new SetupError(`${from}: versions ${twin} and ${version} are the same key`)
    seen.set(text, version)
  }
  const versions = keys.map(({ version }) => version)
  const twice = versions.find((version, at) => versions.indexOf(version) !== at)
  if (twice !== undefined) throw new SetupError(`${from} has version ${twice} twice`)
}

function parseKey(entry: string, where: string): Pick<VaultKey, 'version' | 'key'> {
  const [, digits, text] = /^(\d{1,9}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? []
  if (digits === undefined || text === undefined)
    throw new SetupError(`${where} is not VERSION:KEY, such as 2:KEY. ${cure}`)
  const version = Number(digits)
  if (version < firstListedVersion)
    throw new SetupError(`${where} has version ${version}; begin with ${firstListedVersion}`)
  const key = Buffer.from(text, 'base64url')
  if (key.length !== keyBytes)
    throw new SetupError(`${where} is a key of ${key.length} bytes, not ${keyBytes}. ${cure}`)
  // Random bytes have about 30 different ones among 32, and never are all printable (attacks O1, CVE-2026-53709).
  if (new Set(key).size < 16 || key.every((byte) => byte >= 0x20 && byte < 0x7f))
    throw new SetupError(
      `${where} looks like a sample or a text, not a key: Tandem does not start with it. ${cure}`,
    )
  return { version, key }
}
