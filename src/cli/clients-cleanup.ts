import { parseArgs } from 'node:util'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem clients cleanup`: deletes what was forgotten, as the server does each night; --dry-run only names it. */
export async function clientsCleanup(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { 'dry-run': { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  })
  return withAdmin(async (admin) => {
    if (!values['dry-run']) {
      const done = await admin.run('clients.cleanup', {})
      const words = `${done.unclaimed} that nobody allowed within a day, ${done.unused} unused for thirty days: deleted.`
      print(values.json ? JSON.stringify(done) : words)
      return 0
    }
    const found = await admin.run('clients.forgotten', {})
    if (values.json) print(JSON.stringify(found))
    else {
      for (const { id, name } of found.unclaimed) print(`${id}  nobody allowed it  ${name}`)
      for (const { id, name } of found.unused) print(`${id}  unused             ${name}`)
      print(`${found.unclaimed.length + found.unused.length} would be deleted.`)
    }
    return 0
  })
}
