import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { measureGateway, profileGateway } from './gateway/gateway.ts'
import { startGenerator } from './generator.ts'
import { readOptions, usage, type Options } from './options.ts'
import { unpinnedBecause } from './pin.ts'
import { benchDir } from './places.ts'
import { profileOperation } from './profile.ts'
import { report } from './report.ts'
import type { Sample } from './results.ts'
import { spam, spamTable } from './spam.ts'
import { cores, measureOperations, measureStates } from './rounds.ts'
import { stopPostgres } from './tandem.ts'

const say = (line: string) => void process.stderr.write(`${line}\n`)

function installPeers(): void {
  const peers = join(benchDir, 'peers')
  const lock = createHash('sha256')
    .update(readFileSync(join(peers, 'package-lock.json')))
    .digest('hex')
  const stamp = join(peers, 'node_modules', '.installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  say('Installing the peers (once)…')
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: peers,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (done.status !== 0) throw new Error('npm ci failed in bench/peers')
  writeFileSync(stamp, lock)
}

function machine(options: Options): string {
  const model = cpus()[0]?.model ?? 'unknown processor'
  const pinning = unpinnedBecause
    ? `not pinned (${unpinnedBecause})`
    : `server on core ${cores.server}, load generator on core ${cores.generator}`
  return `${model} × ${cpus().length}, Node ${process.version}, ${pinning}; ${options.connections} connections, ${options.rounds} rounds of ${options.seconds} s, interleaved`
}

function save(options: Options, samples: Sample[]): string {
  const at = new Date().toISOString()
  mkdirSync(join(benchDir, 'results'), { recursive: true })
  const file = join(benchDir, 'results', `${at.replaceAll(/[:.]/g, '-')}.json`)
  writeFileSync(file, `${JSON.stringify({ at, machine: machine(options), samples }, null, 2)}\n`)
  return file
}

async function main(): Promise<void> {
  const asked = readOptions(process.argv.slice(2))
  if (asked === 'help') return void process.stdout.write(usage)
  const options = { ...asked, systems: asked.systems.filter(({ available }) => available?.() ?? true) }
  installPeers()
  say(machine(options))
  if (options.gateway) {
    const { profileGateway: work } = options
    const found = work ? await profileGateway(work, options, say) : await measureGateway(options, say)
    process.stdout.write(`\n${machine(options)}\n\n${found}\n\n`)
    return
  }
  const generator = startGenerator(cores.generator)
  try {
    if (options.spam !== null) {
      const rows: string[][] = []
      for (const system of options.systems) {
        if (system.flow === 'tandem') rows.push(await spam(system, options, options.spam, say))
      }
      process.stdout.write(`\n${spamTable(rows, options.markdown)}\n\n`)
      return
    }
    if (options.profile) {
      process.stdout.write(`${await profileOperation(options.profile, options, generator, say)}\n`)
      return
    }
    const samples = [
      ...(await measureStates(options, say)),
      ...(await measureOperations(options, generator, say)),
    ]
    process.stdout.write(`\n${machine(options)}\n\n${report(samples, options)}\n\n`)
    say(`Samples: ${save(options, samples)}`)
  } finally {
    generator.stop()
    await stopPostgres()
  }
}

// What runs on this process's behalf goes with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
await main().catch((cause: unknown) => {
  say(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause))
  process.exitCode = 1
})
