import { parseArgs } from 'node:util'
import { SetupError, loadConfig } from '#foundation'
import { print, printable } from '../print.ts'
import { diagnose } from './diagnose.ts'
import type { Diagnosis } from './diagnose.ts'

const marks = { ok: '✓', warning: '!', failed: '✗', skipped: '-' }
const column = 18

/**
 * `tandem doctor [URL] [--register] [--json]`: 0 when an agent gets in, 1 when it doesn't. Any MCP server may be named;
 * without --register nothing is left behind there.
 */
export async function doctor(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { json: { type: 'boolean', default: false }, register: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const address = positionals[0] ?? (await ownAddress())
  if (!URL.canParse(address) || !/^https?:/.test(address))
    throw new SetupError(`Not an http(s) address: ${address}`)
  const diagnosis = await diagnose(address, { register: values.register })
  if (values.json) print(JSON.stringify(diagnosis))
  else printDiagnosis(diagnosis)
  return diagnosis.ok ? 0 : 1
}

/** What runs here says best where; the settings of this command may be others. */
async function ownAddress(): Promise<string> {
  const config = loadConfig(process.env)
  // Loaded when needed: for somebody else's server none of ours is.
  const { runningAddress } = await import('#server')
  return (await runningAddress(config)) ?? config.issuer
}

function printDiagnosis({ url, steps, clients, ok }: Diagnosis): void {
  print(`${url}\n`)
  for (const { step, outcome, what, cure } of steps) printLine(outcome, step, what, cure)
  if (clients.length > 0) print('\nClients, by what is known of them:\n')
  for (const { client, outcome, what, cure } of clients) printLine(outcome, client, what, cure)
  print(ok ? '\nAn agent gets in.' : '\nAn agent does not get in: cure what is marked ✗.')
}

function printLine(outcome: keyof typeof marks, name: string, what: string, cure?: string): void {
  print(printable(`${marks[outcome]} ${name.padEnd(column)} ${what}`))
  if (cure) print(printable(`  ${' '.repeat(column)} → ${cure}`))
}
