import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'
import type { ImportReport } from '#server'
import { readSecret } from './read-secret.ts'
import { withAdmin } from './with-admin.ts'

const pause = 1000

/**
 * `tandem import twenty URL`: moves a Twenty workspace in. The key comes from TWENTY_API_KEY or standard input, never
 * from an argument. Running it again goes on where it stopped, or brings what changed since.
 */
export async function importTwenty(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      report: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const url = positionals[0] ?? process.env['TWENTY_BASE_URL']
  if (url === undefined)
    throw new SetupError('Name the workspace: tandem import twenty https://crm.example.com')
  const key = process.env['TWENTY_API_KEY'] ?? (await readSecret())
  if (!key) throw new SetupError('Give the API key on standard input, or as TWENTY_API_KEY')
  return withAdmin(async (admin) => {
    let { state, doing, report, failure } = await admin.run('import.begin', { url, key, full: values.full })
    let told = ''
    while (state === 'running') {
      const line = `${doing}${report ? ` · ${read(report)} records read` : ''}`
      if (line !== told) process.stderr.write(`${(told = line)}\n`)
      await sleep(pause)
      ;({ state, doing, report, failure } = await admin.run('import.status', {}))
    }
    if (values.report !== undefined && report)
      writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 })
    if (values.json) process.stdout.write(`${JSON.stringify({ state, failure, report }, null, 2)}\n`)
    else if (report) process.stdout.write(wordsOf(report))
    if (failure !== null) process.stderr.write(`${failure}\n`)
    return state === 'done' ? 0 : 1
  })
}

function read({ objects }: ImportReport): number {
  return Object.values(objects).reduce((sum, one) => sum + one.read, 0)
}

function wordsOf(report: ImportReport): string {
  const lines = Object.entries(report.objects).map(
    ([kind, one]) =>
      `${kind.padEnd(20)} ${one.created} new, ${one.updated} changed, ${one.unchanged} as they were` +
      some(one.kept.count, 'kept as changed here') +
      some(one.dropped.count, 'values left out') +
      some(one.refused.count, 'refused') +
      some(one.deletedThere, 'deleted there'),
  )
  const { references, files, views, members } = report
  lines.push(
    `${'references'.padEnd(20)} ${references.resolved} joined later${some(references.missing, 'lead nowhere')}`,
    `${'files'.padEnd(20)} ${files.brought} new, ${files.there} there${some(files.failed.count, 'failed')}`,
    `${'views'.padEnd(20)} ${views.brought} new, ${views.there} there${some(views.left.count, 'left out')}`,
    `${'members'.padEnd(20)} ${members.matched} known here${some(members.unknown.length, 'not: invite them, then run again with --full')}`,
  )
  const lists: [string, readonly string[]][] = [
    ['New here', report.added],
    ['Stays as it is here', report.clashes],
    ['Has no place here', report.leftOut],
    ['Views left out', views.left.some],
    ['Files that failed', files.failed.some],
    ...Object.entries(report.objects).flatMap(([kind, one]): [string, readonly string[]][] => [
      [`Left out of ${kind}`, one.dropped.some],
      [`Refused of ${kind}`, one.refused.some],
    ]),
  ]
  for (const [title, all] of lists)
    if (all.length > 0) lines.push('', `${title}:`, ...all.map((one) => `  ${one}`))
  return `${lines.join('\n')}\n`
}

function some(count: number, what: string): string {
  return count > 0 ? `, ${count} ${what}` : ''
}
