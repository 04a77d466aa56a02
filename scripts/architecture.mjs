// Draws docs/ARCHITECTURE.md's picture from the imports that are really there. `--check` only compares.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './prepare.mjs'

const page = join(root, 'docs/ARCHITECTURE.md')
const cruise = JSON.parse(
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      'src',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
    ],
    { cwd: root, maxBuffer: 1 << 26, encoding: 'utf8' },
  ),
)

const moduleOf = (path) => /^src\/([^/]+)\//.exec(path)?.[1]
const arrows = new Set()
for (const file of cruise.modules) {
  const from = moduleOf(file.source)
  for (const dependency of file.dependencies) {
    const to = moduleOf(dependency.resolved)
    // Everybody leans on these two; their arrows would hide the others.
    if (from && to && from !== to && !['foundation', 'contract'].includes(to))
      arrows.add(`  ${from} --> ${to}`)
  }
}
const picture = ['```mermaid', 'graph TD', ...[...arrows].sort(), '```'].join('\n')

const text = readFileSync(page, 'utf8')
const marks = /(<!-- imports:begin -->\n)[\s\S]*?(\n<!-- imports:end -->)/
const next = text.replace(marks, `$1${picture}$2`)
if (process.argv.includes('--check')) {
  if (next !== text) {
    process.stderr.write(
      'docs/ARCHITECTURE.md shows other imports than the source has: node scripts/architecture.mjs\n',
    )
    process.exit(1)
  }
} else writeFileSync(page, next)
