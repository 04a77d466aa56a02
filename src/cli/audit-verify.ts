import { parseArgs } from 'node:util'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem audit verify`: 0 when the chain holds, 1 when it doesn't. */
export async function auditVerify(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } })
  return withAdmin(async (admin) => {
    const found = await admin.run('audit.verify', {})
    if (values.json) print(JSON.stringify(found))
    else if (found.broken)
      print(
        `Entry ${found.broken.seq} is wrong: ${found.broken.why}. Everything before it is as it was written.`,
      )
    else print(`${found.entries} entries, each follows from the one before it.`)
    if (!values.json && found.unchained > 0) print(`${found.unchained} more wait to be chained.`)
    return found.broken ? 1 : 0
  })
}
