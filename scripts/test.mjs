// The one test command: on a fresh clone it sets up everything it needs.
import { join } from 'node:path'
import { ensureChromium } from './browser.mjs'
import { buildWeb, install, root, run, runtime } from './prepare.mjs'

install()
const node = runtime()
buildWeb(node)
ensureChromium(node)
process.exit(run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]))
