import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { StdioServer } from '#foundation'
import { endWithUs } from './end-with-us.ts'

/** A program that runs here, with the processes that it started. */
export interface Child {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves to why it ended, when it did. */
  readonly ended: Promise<string>
  /** Asks it to end, then ends it and all it started. Resolves when the program is gone. */
  end(): Promise<void>
  /** Ends it and all it started, now. */
  kill(why: string): void
}

/** MCP 2026-07-28, stdio, "Shutdown": end of input first, then SIGTERM, then SIGKILL. Milliseconds between them. */
const politeMs = 1000

/**
 * Starts a program with exactly the environment that its entry names, beside PATH, HOME and LANG: nothing of ours can
 * leak into it. No shell reads its arguments; the person's key is in a variable, since arguments are everybody's to see.
 * It leads a process group of its own, so that what it started can be ended with it.
 *
 * @throws when it can't be started
 */
export async function startChild(server: StdioServer, key: string | null): Promise<Child> {
  const own = await mkdtemp(join(tmpdir(), 'tandem-stdio-'))
  const tidy = () => void rm(own, { recursive: true, force: true }).catch(() => undefined)
  try {
    const [home, work] = [join(own, 'home'), join(own, 'work')]
    await Promise.all([mkdir(home), mkdir(work)])
    const child = spawn(server.command, server.args, {
      cwd: server.cwd ?? work,
      env: environmentOf(server, home, key),
      detached: true,
      shell: false,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    return watched(child, tidy)
  } catch (error) {
    tidy()
    throw error
  }
}

function environmentOf(server: StdioServer, home: string, key: string | null): Record<string, string> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', LANG = 'C.UTF-8' } = process.env
  const own = server.key_variable !== undefined && key !== null ? { [server.key_variable]: key } : {}
  return { PATH, LANG, HOME: home, ...server.env, ...own }
}

function watched(child: ChildProcessByStdio<Writable, Readable, Readable>, tidy: () => void): Child {
  const { pid } = child
  if (pid === undefined) throw new Error('it has no process id')
  const gone = endWithUs(pid)
  let because: string | undefined
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-pid, name)
    } catch {
      // Nobody is left in the group.
    }
  }
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, by) => {
      // What it started and left behind is still in its group, and keeps the group's number from being given away.
      signal('SIGKILL')
      gone()
      tidy()
      resolve(because ?? (by ? `it was ended by ${by}` : `it ended with code ${code}`))
    })
  })
  // Writing to a program that is gone is no news: `ended` tells.
  child.stdin.on('error', () => undefined)
  child.on('error', () => undefined)
  return {
    pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    kill(why) {
      because ??= why
      signal('SIGKILL')
    },
    async end() {
      because ??= 'we ended it'
      child.stdin.end()
      const timers = [
        setTimeout(() => signal('SIGTERM'), politeMs),
        setTimeout(() => signal('SIGKILL'), 2 * politeMs),
      ]
      await ended
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
