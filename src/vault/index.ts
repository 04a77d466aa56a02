/** People's secrets for upstreams, sealed. */
export type {
  CredentialKind,
  CredentialPlace,
  CredentialView,
  NewCredential,
  OpenCredential,
  Vault,
  VaultActor,
} from './vault.ts'
export { createVault } from './create-vault.ts'
export type { VaultDependencies, VaultRecord } from './create-vault.ts'
export { keysFromSecret } from './keys.ts'
export type { VaultKeys } from './keys.ts'
export { vaultMigrations } from './migration.ts'
