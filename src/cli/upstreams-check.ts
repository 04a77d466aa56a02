import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'
import { print } from './print.ts'
import { lineOf } from './upstreams-list.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem upstreams check`: asks it now. Exit code 1 when it is in trouble. */
export async function upstreamsCheck(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const [name] = positionals
  if (!name) throw new SetupError('Say which: tandem upstreams check NAME')
  return withAdmin(async (admin) => {
    const { upstream, needsCredential } = await admin.run('upstreams.check', { name })
    if (values.json) print(JSON.stringify({ ...upstream, needsCredential }))
    else print(lineOf(upstream))
    return upstream.health.state === 'trouble' ? 1 : 0
  })
}
