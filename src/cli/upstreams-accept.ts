import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem upstreams accept NAME [TOOL…]`: lets agents use what waits; what looks like an attack only by its name. */
export async function upstreamsAccept(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const [name, ...tools] = positionals
  if (!name) throw new SetupError('Say which: tandem upstreams accept NAME [TOOL…]')
  return withAdmin(async (admin) => {
    const done = await admin.run('upstreams.accept', { name, ...(tools.length > 0 && { tools }) })
    if (values.json)
      print(JSON.stringify({ ...done.upstream, accepted: done.accepted, flagged: done.flagged }))
    else printAccepted(name, done)
    return 0
  })
}

export function printAccepted(
  name: string,
  { accepted, flagged }: { accepted: string[]; flagged: { tool: string; warnings: string[] }[] },
): void {
  print(accepted.length === 1 ? '1 tool is accepted.' : `${accepted.length} tools are accepted.`)
  for (const { tool, warnings } of flagged) print(`${tool} still waits. ${warnings.join('. ')}.`)
  const [first] = flagged
  if (first) print(`If that is as it should be: tandem upstreams accept ${name} ${first.tool}`)
}
