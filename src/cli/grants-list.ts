import { parseArgs } from 'node:util'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem grants list`: everybody's grants, newest first. */
export async function grantsList(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  return withAdmin(async (admin) => {
    const grants = await admin.run('grants.list', {})
    if (values.json) print(JSON.stringify(grants))
    else if (grants.length === 0) print('No app is connected.')
    else {
      for (const { id, client, status, scopes, createdAt } of grants) {
        print(
          `${id}  ${status.padEnd(11)}  ${createdAt}  ${client.name}  ${scopes.map(({ scope }) => scope).join(' ')}`,
        )
      }
    }
    return 0
  })
}
