import { SetupError, deriveKey } from '#foundation'
import type { Config } from '#foundation'
import { keyFromSecret, parseKeyList, refuseTwins, vaultKeys } from '#vault'
import type { VaultKey, VaultKeys } from '#vault'
import { checkSecret } from './secret.ts'
import { askKeyCommand } from './vault-key-command.ts'

/**
 * The keys of the vault: version 0 from the install's secret, 1 from twenty-mcp's API_KEY_ENCRYPTION_SECRET, and what
 * the operator lists, or a command of hers prints. The highest seals unless she says which. @throws SetupError
 */
export async function loadVaultKeys(config: Config, secret: string): Promise<VaultKeys> {
  const { TANDEM_VAULT_KEY_VERSION: chosen, API_KEY_ENCRYPTION_SECRET: theirs } = config
  const keys = [
    keyFromSecret(secret),
    ...(theirs === undefined ? [] : [keyFromTwentyMcp(theirs)]),
    ...(await listedKeys(config)),
  ]
  refuseTwins(keys, 'The vault')
  if (chosen !== undefined && !keys.some(({ version }) => version === chosen))
    throw new SetupError(`TANDEM_VAULT_KEY_VERSION is ${chosen}, and the vault has no such key`)
  return vaultKeys(keys, chosen)
}

/** Key material only: what twenty-mcp sealed with it lies in somebody else's store. */
function keyFromTwentyMcp(secret: string): VaultKey {
  checkSecret(secret, 'API_KEY_ENCRYPTION_SECRET')
  return { version: 1, name: 'API_KEY_ENCRYPTION_SECRET', key: deriveKey(secret, 'vault, twenty-mcp') }
}

async function listedKeys(config: Config): Promise<VaultKey[]> {
  const { TANDEM_VAULT_KEYS: list, TANDEM_VAULT_KEY_COMMAND: command } = config
  if (list !== undefined && command !== undefined)
    throw new SetupError('Set TANDEM_VAULT_KEYS or TANDEM_VAULT_KEY_COMMAND, not both')
  if (list !== undefined) return parseKeyList(list, 'TANDEM_VAULT_KEYS')
  if (command === undefined) return []
  return parseKeyList(await askKeyCommand(command), 'What TANDEM_VAULT_KEY_COMMAND printed')
}
