import { parseArgs } from 'node:util'
import type { SigningKeyView } from '#contract'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem keys list`: the keys that sign tokens, newest first. */
export async function keysList(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  return withAdmin(async (admin) => {
    printKeys(await admin.run('keys.list', {}), values.json)
    return 0
  })
}

export function printKeys(keys: SigningKeyView[], json: boolean): void {
  if (json) print(JSON.stringify(keys))
  else if (keys.length === 0) print('There are no keys yet; they are made with the first token.')
  else for (const key of keys) print(`${key.kid}  ${key.state.padEnd(7)}  ${fate(key)}`)
}

function fate({ state, createdAt, signsSince, retiresAt, publishedUntil }: SigningKeyView): string {
  if (state === 'next') return `published since ${createdAt}`
  if (state === 'current') return `signs since ${signsSince}, until ${retiresAt}`
  return `signed until ${retiresAt}, verifies until ${publishedUntil}`
}
