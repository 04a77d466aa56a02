import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem clients delete`: the client goes, and everything it was granted ends. */
export async function clientsDelete(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const [id] = positionals
  if (!id) throw new SetupError('Say which client: tandem clients delete CLIENT_ID')
  return withAdmin(async (admin) => {
    const done = await admin.run('clients.delete', { id })
    print(values.json ? JSON.stringify(done) : `${id} is deleted, and its grants have ended.`)
    return 0
  })
}
