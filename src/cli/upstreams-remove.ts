import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem upstreams remove`: what was granted for it ends, its credentials go. */
export async function upstreamsRemove(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const [name] = positionals
  if (!name) throw new SetupError('Say which: tandem upstreams remove NAME')
  return withAdmin(async (admin) => {
    const done = await admin.run('upstreams.remove', { name })
    print(
      values.json ? JSON.stringify(done) : `${name} is removed, and ${done.ended} grants for it have ended.`,
    )
    return 0
  })
}
