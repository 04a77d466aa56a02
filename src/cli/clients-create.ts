import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem clients create`: registers a client by hand. Its secret is shown once. */
export async function clientsCreate(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      name: { type: 'string' },
      'redirect-uri': { type: 'string', multiple: true },
      confidential: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const { name, 'redirect-uri': redirectUris, confidential, json } = values
  if (!name || !redirectUris?.length) throw new SetupError('Say --name and at least one --redirect-uri')
  return withAdmin(async (admin) => {
    const client = await admin.run('clients.create', { name, redirectUris, confidential })
    if (json) print(JSON.stringify(client))
    else {
      print(`client_id      ${client.clientId}`)
      if (client.clientSecret) print(`client_secret  ${client.clientSecret}   (shown this once)`)
    }
    return 0
  })
}
