import { spawn } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { pinned } from './pin.ts'

export type Launch = {
  args: string[]
  env: Record<string, string>
  /** What answers 200 when the system serves. */
  readyPath: string
}

/** A system under test, running. */
export interface Server {
  origin: string
  pid: number
  /** From spawning to the first good answer, ms. */
  startMs: number
  /** Resident memory, MB. NaN where there is no /proc. */
  memory(): number
  /** CPU seconds used so far by all its threads. NaN where there is no /proc. */
  cpu(): number
  /** CPU seconds by thread name. */
  cpuByThread(): Record<string, number>
  stop(): Promise<void>
}

const ticks = 100
const startLimitMs = 120_000

/** Starts a system on `core` and waits until it answers. `inspect` opens the inspector for a profile. */
export async function startServer(
  launch: (origin: string) => Launch,
  core: number,
  options: { inspect?: number } = {},
): Promise<Server> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const { args, env, readyPath } = launch(origin)
  const node = options.inspect ? [`--inspect=127.0.0.1:${options.inspect}`, ...args] : args
  const [command, all] = pinned(core, process.execPath, node)
  const begin = performance.now()
  const child = spawn(command, all, {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PORT: String(port),
      NODE_ENV: 'production',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const keep = (chunk: Buffer) => void (said = (said + chunk.toString()).slice(-4000))
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const kill = () => void child.kill('SIGKILL')
  process.on('exit', kill)
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      process.off('exit', kill)
      resolve()
    }),
  )
  const { pid } = child
  if (pid === undefined) throw new Error(`could not start ${args.join(' ')}`)

  for (;;) {
    if (await answers(origin + readyPath)) break
    const late = performance.now() - begin > startLimitMs
    if (late || child.exitCode !== null) {
      child.kill('SIGKILL')
      throw new Error(`${args.join(' ')} ${late ? 'does not answer' : 'ended'}:\n${said}`)
    }
    await sleep(5)
  }
  const startMs = performance.now() - begin
  return {
    origin,
    pid,
    startMs,
    memory: () => residentMegabytes(`/proc/${pid}/status`),
    cpu: () => cpuSeconds(`/proc/${pid}/stat`),
    cpuByThread: () => cpuByThread(pid),
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await ended
      clearTimeout(late)
    },
  }
}

function residentMegabytes(file: string): number {
  if (!existsSync(file)) return Number.NaN
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1]) / 1024
}

/** user + system time of proc(5)'s stat line; the name in brackets may hold spaces. */
function cpuSeconds(file: string): number {
  if (!existsSync(file)) return Number.NaN
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticks
}

function cpuByThread(pid: number): Record<string, number> {
  const used: Record<string, number> = {}
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim()
    used[name] = (used[name] ?? 0) + cpuSeconds(`/proc/${pid}/task/${thread}/stat`)
  }
  return used
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000), redirect: 'manual' })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo | null // listen on TCP: never a pipe's name
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (!address) throw new Error('no port')
  return address.port
}
