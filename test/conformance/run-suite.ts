import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const cli = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
  'dist/index.js',
)

export type SuiteRun = {
  exitCode: number | null
  output: string
  /** What went wrong, one line per failed check. */
  failures: string
  /** Ids of the checks that passed and that failed. Printed only when one scenario runs. */
  checks: { passed: string[]; failed: string[] }
  /** Checks passed and failed, by scenario, as the summary counts them. */
  scenarios: Record<string, { passed: number; failed: number }>
}

/** Runs the official suite's command line on this same Node, and reads its summary. */
export async function runSuite(
  args: string[],
  onOutput: (text: string) => void = () => {},
): Promise<SuiteRun> {
  const results = await mkdtemp(join(tmpdir(), 'conformance-'))
  const child = spawn(process.execPath, [cli, ...args, '-o', results], { cwd: results })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += stripVTControlCharacters(chunk.toString())
      onOutput(output)
    })
  }
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const failures = await failuresIn(results)
  await rm(results, { recursive: true, force: true })
  const lines = output.matchAll(/^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed/gm)
  const scenarios = Object.fromEntries(
    [...lines].map(([, name = '', passed, failed]) => [
      name,
      { passed: Number(passed), failed: Number(failed) },
    ]),
  )
  const checked = (status: string) =>
    [...output.matchAll(new RegExp(`\\[([\\w-]+) *\\] ${status} `, 'g'))].map(([, id = '']) => id)
  return {
    exitCode,
    output,
    failures,
    scenarios,
    checks: { passed: checked('SUCCESS'), failed: checked('FAILURE') },
  }
}

/** Every check passed, of every scenario but those named. */
export function totalOf(run: SuiteRun, without: (name: string) => boolean = () => false) {
  const counted = Object.entries(run.scenarios).filter(([name]) => !without(name))
  return {
    scenarios: counted.length,
    passed: counted.reduce((sum, [, { passed }]) => sum + passed, 0),
    failed: counted.filter(([, { failed }]) => failed > 0).map(([name]) => name),
  }
}

/** The suite keeps the reasons in a file per scenario. */
async function failuresIn(results: string): Promise<string> {
  const lines: string[] = []
  for (const folder of await readdir(results)) {
    const text = await readFile(join(results, folder, 'checks.json'), 'utf8').catch(() => '[]')
    for (const check of JSON.parse(text) as { id: string; status: string; errorMessage?: string }[]) {
      if (check.status === 'FAILURE') lines.push(`${check.id}: ${check.errorMessage}`)
    }
  }
  return lines.join('\n')
}
