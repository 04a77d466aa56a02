/** People's secrets for upstreams, sealed. */
export type {
  CredentialChange,
  CredentialKind,
  CredentialPlace,
  CredentialView,
  NewCredential,
  OpenCredential,
  Vault,
  VaultActor,
  VaultStatus,
} from './vault.ts'
export { createVault } from './create-vault.ts'
export type { VaultDependencies, VaultRecord } from './create-vault.ts'
export { parseKeyList, refuseTwins } from './key-list.ts'
export { keyFromSecret, vaultKeys } from './keys.ts'
export type { VaultKey, VaultKeys } from './keys.ts'
export { vaultMigrations } from './migration.ts'
