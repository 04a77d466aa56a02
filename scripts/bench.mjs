// The one benchmark command: installs, builds, sets up its own peers, measures.
import { join } from 'node:path'
import { buildWeb, install, root, run, runtime } from './prepare.mjs'

install()
const node = runtime()
buildWeb(node)
process.exit(run(node, [join(root, 'bench/run.ts'), ...process.argv.slice(2)]))
