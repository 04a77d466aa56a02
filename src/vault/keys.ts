import { deriveKey } from '#foundation'

/** The keys that seal: the current version for what is written, the others to read. 32 bytes each. */
export type VaultKeys = {
  readonly current: number
  /** All of them, oldest first. `name` says where it comes from; it is no secret. */
  readonly versions: readonly { version: number; name: string }[]
  find(version: number): Uint8Array | undefined
}

/** One key of the vault. */
export type VaultKey = { version: number; name: string; key: Uint8Array }

/**
 * A ring of keys. `current` seals; absent: the highest version. Every replica has to know a key before one of them
 * seals with it.
 */
export function vaultKeys(all: readonly VaultKey[], current?: number): VaultKeys {
  const keys = new Map(all.map(({ version, key }) => [version, key]))
  const highest = Math.max(...keys.keys())
  return {
    current: current ?? highest,
    versions: all.map(({ version, name }) => ({ version, name })).toSorted((a, b) => a.version - b.version),
    find: (version) => keys.get(version),
  }
}

/** Version 0: derived from the install's own secret. A key that somebody sets later takes its place by rotation. */
export function keyFromSecret(secret: string): VaultKey {
  return { version: 0, name: 'TANDEM_SECRET', key: deriveKey(secret, 'vault') }
}
