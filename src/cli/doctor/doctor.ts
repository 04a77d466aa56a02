import { parseArgs } from 'node:util'
import { SetupError, loadConfig } from '#foundation'
import { print } from '../print.ts'
import { diagnose } from './diagnose.ts'

const marks = { ok: '✓', warning: '!', failed: '✗', skipped: '-' }

/** `tandem doctor [URL] [--json]`: 0 when an agent gets in, 1 when it doesn't. */
export async function doctor(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const address = positionals[0] ?? loadConfig(process.env).issuer
  if (!URL.canParse(address) || !/^https?:/.test(address))
    throw new SetupError(`Not an http(s) address: ${address}`)
  const report = await diagnose(address)
  if (values.json) print(JSON.stringify(report))
  else {
    print(`${report.url}\n`)
    for (const { step, outcome, what, cure } of report.steps) {
      print(`${marks[outcome]} ${step.padEnd(18)} ${what}`)
      if (cure) print(`  ${' '.repeat(18)} → ${cure}`)
    }
    print(report.ok ? '\nAn agent gets in.' : '\nAn agent does not get in: cure what is marked ✗.')
  }
  return report.ok ? 0 : 1
}
