import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'
import { print } from './print.ts'
import { readSecret } from './read-secret.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem keys set UPSTREAM`: keeps a person's key for an upstream, once it was found to be good there. */
export async function keysSet(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      for: { type: 'string' },
      'base-url': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [upstream] = positionals
  if (!upstream || positionals.length > 1)
    throw new SetupError('Say for which upstream, and pipe the key in: tandem keys set UPSTREAM < key.txt')
  if (process.stdin.isTTY) process.stderr.write('Paste the key, then press Enter and Ctrl-D:\n')
  const apiKey = await readSecret()
  const { for: member, 'base-url': baseUrl } = values
  return withAdmin(async (admin) => {
    const kept = await admin.run('keys.set', {
      key: { apiKey, upstream, ...(baseUrl !== undefined && { baseUrl }) },
      ...(member !== undefined && { member }),
    })
    if (values.json) print(JSON.stringify(kept))
    else print(`The key of ${kept.member} for ${upstream} is good there, and kept sealed.`)
    return 0
  })
}
