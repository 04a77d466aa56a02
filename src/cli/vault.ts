import { parseArgs } from 'node:util'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

const options = { json: { type: 'boolean', default: false } } as const

/** `tandem vault status`: how many credentials are sealed with which key. */
export async function vaultStatus(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options })
  return withAdmin(async (admin) => {
    const status = await admin.run('vault.status', {})
    if (values.json) print(JSON.stringify(status))
    else for (const line of linesOf(status)) print(line)
    // What nobody can read is a failure that somebody should hear of.
    return status.versions.some(({ known, credentials }) => !known && credentials > 0) ? 1 : 0
  })
}

/** `tandem vault rewrap`: seals with the current key what another one sealed, while calls go on. */
export async function vaultRewrap(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options })
  return withAdmin(async (admin) => {
    const { rewrapped, unreadable, ...status } = await admin.run('vault.rewrap', {})
    if (values.json) print(JSON.stringify({ rewrapped, unreadable, ...status }))
    else {
      print(`${rewrapped} sealed again with version ${status.current}.`)
      if (unreadable > 0)
        print(
          `${unreadable} can’t be read: their key is missing, or somebody changed them. The log names them.`,
        )
      for (const line of linesOf(status)) print(line)
    }
    return unreadable > 0 ? 1 : 0
  })
}

type Status = {
  current: number
  versions: readonly {
    version: number
    name: string | null
    known: boolean
    credentials: number
    broken: number
  }[]
}

function linesOf({ current, versions }: Status): string[] {
  return versions.map(({ version, name, known, credentials, broken }) => {
    const role = !known ? 'missing' : version === current ? 'seals' : 'reads'
    const refused = broken > 0 ? `, ${broken} of them refused there` : ''
    return `${String(version).padEnd(5)} ${role.padEnd(8)} ${credentials} credentials${refused}${name === null ? '' : `  (${name})`}`
  })
}
