// Format, lint, types, architecture, dead code, then the tests. Stops at the first that fails.
import { ensureChromium } from './browser.mjs'
import { checks } from './checks.mjs'
import { buildWeb, install, run, runtime } from './prepare.mjs'

install()
const node = runtime()
for (const check of checks) {
  process.stderr.write(`${check.name}…\n`)
  const code = run(node, check.args)
  if (code !== 0) process.exit(code)
}
buildWeb(node)
ensureChromium(node)
process.exit(run(node, ['node_modules/vitest/vitest.mjs', 'run', '--exclude', 'test/house/**']))
