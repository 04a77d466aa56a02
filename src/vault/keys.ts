import { deriveKey } from '#foundation'

/** The keys that seal: the current version for what is written, older ones to read. 32 bytes each. */
export type VaultKeys = {
  readonly current: number
  find(version: number): Uint8Array | undefined
}

/** One key, derived from the install's secret, where nobody set others. */
export function keysFromSecret(secret: string): VaultKeys {
  const key = deriveKey(secret, 'vault')
  return { current: 1, find: (version) => (version === 1 ? key : undefined) }
}
