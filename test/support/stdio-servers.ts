import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { StdioServer } from '#foundation'

/** An entry of TANDEM_STDIO_SERVERS, as the settings would read it. */
export function stdioServer(
  entry: Pick<StdioServer, 'name' | 'command'> & Partial<StdioServer>,
): StdioServer {
  return {
    args: [],
    env: {},
    memory_mb: 512,
    idle_seconds: 300,
    start_seconds: 60,
    max_processes: 16,
    ...entry,
  }
}

/** A stdio server from npm, run by this Node. */
export function npmServer(
  name: string,
  file: string,
  { args = [], ...more }: Partial<StdioServer> = {},
): StdioServer {
  const main = createRequire(import.meta.url).resolve(file)
  return stdioServer({ name, command: process.execPath, args: [main, ...args], ...more })
}

/** The server that does what it is told, good or bad (src/gateway/engines/stdio/odd-server.fixture.ts). */
export function oddServer(args: string[] = [], more: Partial<StdioServer> = {}): StdioServer {
  const main = new URL('../../src/gateway/engines/stdio/odd-server.fixture.ts', import.meta.url)
  return stdioServer({
    name: 'odd',
    command: process.execPath,
    args: [fileURLToPath(main), ...args],
    ...more,
  })
}

/** Whether a process runs. What ended and wasn't fetched by its parent yet doesn't. */
export function lives(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
