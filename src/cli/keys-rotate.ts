import { parseArgs } from 'node:util'
import { printKeys } from './keys-list.ts'
import { withAdmin } from './with-admin.ts'

/**
 * `tandem keys rotate`: the next key signs from now on, and what the old one signed stays good. `--compromised` takes
 * all keys back at once: every token that is out stops counting, and agents get new ones with their refresh tokens.
 */
export async function keysRotate(args: string[]): Promise<number> {
  const options = {
    compromised: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const
  const { compromised, json } = parseArgs({ args, options }).values
  return withAdmin(async (admin) => {
    printKeys(await admin.run('keys.rotate', { compromised }), json)
    return 0
  })
}
