import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 24 * 3600 }

/** `tandem clients rotate-secret`: a new secret, shown once; the old one works for the overlap, a day unless said. */
export async function clientsRotateSecret(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { overlap: { type: 'string', default: '1d' }, json: { type: 'boolean', default: false } },
  })
  const [id] = positionals
  if (!id) throw new SetupError('Say which client: tandem clients rotate-secret CLIENT_ID [--overlap 1d]')
  const overlap = secondsOf(values.overlap)
  return withAdmin(async (admin) => {
    const made = await admin.run('clients.rotate-secret', { id, overlap })
    if (values.json) print(JSON.stringify(made))
    else {
      print(`client_secret  ${made.clientSecret}   (shown this once)`)
      print(
        overlap === 0 ? 'The old secret works no more.' : `The old secret works for ${values.overlap} more.`,
      )
    }
    return 0
  })
}

function secondsOf(text: string): number {
  const [, count, unit = 's'] = /^(\d{1,7})([smhd])?$/.exec(text) ?? []
  const seconds = Number(count) * (units[unit] ?? 1)
  const most = 30 * 24 * 3600
  if (count === undefined || seconds > most)
    throw new SetupError('--overlap is like 0, 30m, 12h or 7d; 30d at most')
  return seconds
}
