import type { Client } from '@modelcontextprotocol/client'
import type { Log, StdioServer } from '#foundation'
import { UpstreamRefusal, UpstreamTrouble } from '../../engine.ts'
import type { Source } from '../../engine.ts'
import { clientSource, openClient } from '../client-source.ts'
import { withinTime } from '../bridge/within-time.ts'
import { ChildTransport, tooLargeCode } from './child-transport.ts'
import { startChild } from './child.ts'
import type { Child } from './child.ts'
import { listenToStderr } from './listen-to-stderr.ts'
import { watchMemory } from './memory-watch.ts'

/** A program that runs and speaks MCP. */
export interface StdioProcess {
  readonly pid: number
  /** Resolves to why it ended, when it did. */
  readonly ended: Promise<string>
  /** Its tools, for one call. */
  source(release: () => void): Source
  end(): Promise<void>
}

export type StdioProcessOptions = {
  server: StdioServer
  /** The person's key; null when the program takes none. */
  key: string | null
  /** The longest message that is read, in bytes. */
  maxBytes: number
  log: Log
  /** Gives a start up. */
  stop: AbortSignal
}

/** Milliseconds in which a server of an older revision is known by not answering `server/discover`. */
const probeMs = 5_000
/** Milliseconds in which a program that was too late for a call has to answer a ping. */
const pingMs = 5_000

/** Servers that end when they hear something before `initialize`, by name: they are older. */
const strict = new WeakSet<StdioServer>()

/** Starts the program and gets to know it. @throws {@link UpstreamTrouble} */
export async function startStdioProcess(options: StdioProcessOptions): Promise<StdioProcess> {
  const { server } = options
  const first = strict.has(server) ? undefined : await attempt(options, false)
  if (first && 'pid' in first) return first
  // MCP 2026-07-28, "Backward Compatibility": some older servers end on any request before `initialize`.
  const second = await attempt(options, true)
  if (!('pid' in second)) throw new UpstreamTrouble('unreachable', second.why)
  if (first) strict.add(server)
  return second
}

async function attempt(
  options: StdioProcessOptions,
  legacy: boolean,
): Promise<StdioProcess | { why: string }> {
  const { server, key, maxBytes, log, stop } = options
  const child = await start(server, key)
  listenToStderr(child.stderr, server, key, log)
  const megabytes = server.memory_mb
  const watch = watchMemory(child.pid, megabytes * 1024 * 1024, () => {
    child.kill(`it used more than ${megabytes} MB`)
    log.warn({ server: server.name, megabytes }, 'a local MCP server used too much memory and was ended')
  })
  void child.ended.then(() => watch.stop())
  const client = openClient()
  client.setVersionNegotiation({ mode: legacy ? 'legacy' : 'auto', probe: { timeoutMs: probeMs } })
  const transport = new ChildTransport(child, maxBytes)
  try {
    await withinTime({ each: server.start_seconds * 1000 }, [stop], () =>
      client.connect(transport, { timeout: server.start_seconds * 1000 }),
    )
  } catch (error) {
    const gone = await Promise.race([child.ended, undefined])
    await child.end()
    if (gone !== undefined) return { why: `It could not be started: ${gone}` }
    const late = error instanceof UpstreamTrouble && error.kind === 'late'
    throw new UpstreamTrouble(
      'unreachable',
      late ? `It didn’t speak MCP within ${server.start_seconds} s` : 'It doesn’t speak MCP',
      { cause: error },
    )
  }
  log.debug({ server: server.name, pid: child.pid }, 'a local MCP server runs')
  return speaking(client, child)
}

async function start(server: StdioServer, key: string | null): Promise<Child> {
  try {
    return await startChild(server, key)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new UpstreamTrouble('unreachable', `${server.command} can’t be started (${code})`)
  }
}

function speaking(client: Client, child: Child): StdioProcess {
  /** What doesn't even answer a ping is ended: the next call gets a new one. */
  const check = async (): Promise<void> => {
    const answered = client.ping({ timeout: pingMs }).then(
      () => true,
      () => false,
    )
    if (!(await answered)) child.kill('it stopped answering')
  }
  let checking: Promise<void> | undefined

  return {
    pid: child.pid,
    ended: child.ended,
    source(release) {
      const source = clientSource(client, async () => release())
      return {
        ...source,
        async callTool(call, signal) {
          try {
            return await source.callTool(call, signal)
          } catch (error) {
            if (isLate(signal)) checking ??= check().finally(() => (checking = undefined))
            throw tooLarge(error) ? new UpstreamTrouble('too_large', 'A message is too long') : error
          }
        },
      }
    },
    async end() {
      await child.end()
    },
  }
}

function isLate({ reason }: AbortSignal): boolean {
  return reason instanceof UpstreamTrouble && reason.kind === 'late'
}

function tooLarge(error: unknown): boolean {
  return error instanceof UpstreamRefusal && error.code === tooLargeCode
}
