import { parseArgs } from 'node:util'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem clients list`: every client, seen last first. */
export async function clientsList(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  return withAdmin(async (admin) => {
    const clients = await admin.run('clients.list', {})
    if (values.json) print(JSON.stringify(clients))
    else if (clients.length === 0) print('No client is known.')
    else {
      for (const { id, name, registration, state, lastUsedAt, grants } of clients) {
        const used = lastUsedAt?.slice(0, 10) ?? 'never used'
        const live = `${grants.active + grants.provisional} live grants`
        print(`${id}  ${registration.padEnd(17)}  ${state.padEnd(10)}  ${used}  ${live}  ${name}`)
      }
    }
    return 0
  })
}
