import type { Generator } from './generator.ts'
import { number, table } from './report.ts'
import { start } from './rounds.ts'
import { freePort, type Server } from './server.ts'
import type { Options } from './options.ts'
import type { Operation } from './operations.ts'

type Frame = { functionName: string; url: string; lineNumber: number }
type Node = { id: number; callFrame: Frame; children?: number[] }
type Profile = { nodes: Node[]; samples: number[]; timeDeltas: number[] }

/** Where the time of one operation goes: CPU by thread, then the functions of the main thread by their own time. */
export async function profileOperation(
  operation: Operation,
  options: Options,
  generator: Generator,
  say: (line: string) => void,
): Promise<string> {
  const parts: string[] = []
  for (const system of options.systems) {
    say(`${system.name}: profiling ${operation}`)
    const inspect = await freePort()
    const { server, place } = await start(system, [operation], inspect)
    try {
      await generator.prepare(system.flow, server.origin, options.connections)
      await generator.measure(server.origin, operation, 2)
      const measure = () => generator.measure(server.origin, operation, options.seconds)
      parts.push(await profileServer(`${system.name}, ${operation}`, measure, { server, inspect, options }))
    } finally {
      await server.stop()
      await place.remove()
    }
  }
  return parts.join('\n\n')
}

/** What a server that was started with an inspector does while `measure` asks it. */
export async function profileServer(
  name: string,
  measure: () => Promise<{ count: number; seconds: number }>,
  { server, inspect, options: { markdown } }: { server: Server; inspect: number; options: Options },
): Promise<string> {
  const inspector = await connect(inspect)
  await inspector.ask('Profiler.enable')
  await inspector.ask('Profiler.setSamplingInterval', { interval: 200 })
  await inspector.ask('Profiler.start')
  const before = server.cpuByThread()
  const measured = await measure()
  const after = server.cpuByThread()
  const { profile } = (await inspector.ask('Profiler.stop')) as { profile: Profile } // the inspector's own shape
  inspector.close()

  const threads = Object.entries(after)
    .map(([thread, used]) => ({ thread, ms: ((used - (before[thread] ?? 0)) * 1000) / measured.count }))
    .filter(({ ms }) => ms > 0.001)
    .sort((a, b) => b.ms - a.ms)
  const rate = number(measured.count / measured.seconds)
  return [
    `${name}: ${rate}/s under the profiler`,
    table(
      ['thread', 'CPU ms each'],
      threads.map(({ thread, ms }) => [thread, number(ms)]),
      markdown,
    ),
    table(['main thread', 'ms each', 'where'], ownTimes(profile, measured.count, room, 20), markdown),
    table(['main thread', 'ms each', 'function'], ownTimes(profile, measured.count, place, 40), markdown),
    table(
      ['main thread', 'ms each', 'function, with all it calls'],
      fullTimes(profile, measured.count, 40),
      markdown,
    ),
  ].join('\n\n')
}

/** The time that frames spent in themselves, summed by what `name` calls them; waiting is not counted. */
function ownTimes(
  { nodes, samples, timeDeltas }: Profile,
  operations: number,
  name: (frame: Frame) => string,
  most: number,
): string[][] {
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const own = new Map<string, number>()
  let total = 0
  samples.forEach((id, n) => {
    const frame = frames.get(id)
    if (!frame || frame.functionName === '(idle)') return
    const delta = timeDeltas[n] ?? 0
    total += delta
    own.set(name(frame), (own.get(name(frame)) ?? 0) + delta)
  })
  return largest(own, total, operations, most)
}

function largest(times: Map<string, number>, total: number, operations: number, most: number): string[][] {
  return [...times]
    .sort((a, b) => b[1] - a[1])
    .slice(0, most)
    .map(([where, us]) => [`${((us / total) * 100).toFixed(1)} %`, number(us / 1000 / operations), where])
}

/** The time that our own functions spent with all they called; what follows an `await` counts for whoever resumes. */
function fullTimes({ nodes, samples, timeDeltas }: Profile, operations: number, most: number): string[][] {
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const callers = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  )
  const full = new Map<string, number>()
  let total = 0
  samples.forEach((id, n) => {
    if (frames.get(id)?.functionName === '(idle)') return
    const delta = timeDeltas[n] ?? 0
    total += delta
    const seen = new Set<string>()
    for (let at: number | undefined = id; at !== undefined; at = callers.get(at)) {
      const frame = frames.get(at)
      if (frame?.url.includes('/src/') && !frame.url.includes('/node_modules/')) seen.add(place(frame))
    }
    for (const one of seen) full.set(one, (full.get(one) ?? 0) + delta)
  })
  return largest(full, total, operations, most)
}

/** The module of ours, the package, the part of Node, or the engine's own name for it. */
function room({ functionName, url }: Frame): string {
  const own = /\/(src\/[^/]+|bench\/peers)\//.exec(url)?.[1]
  const parts = url.split('/node_modules/')
  const last = parts.length > 1 ? parts.at(-1) : undefined
  if (last !== undefined) return /^(@[^/]+\/[^/]+|[^/]+)/.exec(last)?.[0] ?? last
  return (
    own ??
    (url.startsWith('node:') ? url.replace(/^(node:(internal\/)?[^/]+).*/, '$1') : functionName || 'native')
  )
}

/** A function and its file, from the package or the source folder on. */
function place({ functionName, url, lineNumber }: Frame): string {
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*?\/(src|bench)\//, '$1/')
  return `${functionName || '(anonymous)'} ${file}${file ? `:${lineNumber + 1}` : ''}`
}

type Inspector = { ask(method: string, params?: object): Promise<unknown>; close(): void }

async function connect(port: number): Promise<Inspector> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    webSocketDebuggerUrl: string
  }[]
  const url = targets[0]?.webSocketDebuggerUrl // the list has the one process
  if (!url) throw new Error('the server has no inspector')
  const socket = new WebSocket(url)
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('the inspector refused')), { once: true })
  })
  const waiting = new Map<number, (result: unknown) => void>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown } // CDP's envelope
    if (id !== undefined) waiting.get(id)?.(result)
  })
  let next = 1
  return {
    ask: (method, params = {}) =>
      new Promise((resolve) => {
        const id = next++
        waiting.set(id, resolve)
        socket.send(JSON.stringify({ id, method, params }))
      }),
    close: () => socket.close(),
  }
}
