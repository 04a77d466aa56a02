import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './tandem.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export type Done = { code: number | null; out: string; err: string }
export type Running = { child: ChildProcess; said(pattern: RegExp): Promise<string>; done: Promise<Done> }
export type CommandLine = {
  /** Where the data is, in `data`. */
  folder: string
  origin: string
  run(args: string[], more?: Record<string, string>): Running
  /** A command with --json. */
  json(args: string[]): Promise<{ code: number | null; value: unknown; err: string }>
  close(): void
}

/** The `tandem` command in a folder of its own, with an embedded database and a port that is free. */
export async function openCommandLine(): Promise<CommandLine> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-cli-'))
  const port = await freePort()
  // Nothing of the machine's own settings, as in a fresh container.
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    PORT: String(port),
    TANDEM_CLIENT_POLICY: 'open',
    TANDEM_LOG: 'error',
  }
  const run: CommandLine['run'] = (args, more = {}) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, env: { ...env, ...more } })
    let [out, err] = ['', '']
    const listeners = new Set<() => void>()
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      for (const listener of listeners) listener()
    })
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const done = new Promise<Done>((resolve) => child.on('close', (code) => resolve({ code, out, err })))
    return {
      child,
      done,
      said: (pattern) =>
        new Promise((resolve, reject) => {
          const look = () => pattern.test(out) && resolve(out)
          listeners.add(look)
          look()
          void done.then((end) => reject(new Error(`ended first: ${JSON.stringify(end)}`)))
        }),
    }
  }
  return {
    folder,
    origin: `http://localhost:${port}`,
    run,
    async json(args) {
      const { code, out, err } = await run([...args, '--json']).done
      return { code, value: out === '' ? undefined : JSON.parse(out), err }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
