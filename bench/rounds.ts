import { setTimeout as sleep } from 'node:timers/promises'
import type { Generator } from './generator.ts'
import { isState, type Options } from './options.ts'
import { offers, operations, type Operation } from './operations.ts'
import type { Sample } from './results.ts'
import { startServer, type Server } from './server.ts'
import type { Place, System } from './systems.ts'

/** The core of the system under test, and the core of the load generator. */
export const cores = { server: 0, generator: 1 }

const settleMs = 2000
const warmUpSeconds = 3

/** Reads the states of every system, one after another in each round. */
export async function measureStates(options: Options, say: (line: string) => void): Promise<Sample[]> {
  const wanted = options.measures.filter(isState)
  if (wanted.length === 0) return []
  const samples: Sample[] = []
  for (let round = 0; round < options.rounds; round++) {
    for (const system of options.systems) {
      say(`round ${round + 1}: ${system.name} starts`)
      const place = await system.fresh()
      const cold = await startServer((origin) => place.launch(origin), cores.server)
      await cold.stop()
      const warm = await startServer((origin) => place.launch(origin), cores.server)
      if (wanted.includes('idle memory')) await sleep(settleMs)
      const values = { 'cold start': cold.startMs, 'warm start': warm.startMs, 'idle memory': warm.memory() }
      await warm.stop()
      await place.remove()
      for (const measure of ['cold start', 'warm start', 'idle memory'] as const) {
        if (!wanted.includes(measure)) continue
        const value = values[measure]
        samples.push({
          system: system.name,
          measure,
          round,
          value,
          cpuMs: null,
          p50: null,
          p99: null,
          generator: null,
        })
      }
    }
  }
  return samples
}

type Running = { system: System; place: Place; server: Server }

/** Starts every system once, then gives each its turn at each operation, round after round. */
export async function measureOperations(
  options: Options,
  generator: Generator,
  say: (line: string) => void,
): Promise<Sample[]> {
  const wanted = operations.filter((operation) => options.measures.includes(operation))
  if (wanted.length === 0) return []
  const running: Running[] = []
  const samples: Sample[] = []
  try {
    for (const system of options.systems) {
      say(`${system.name}: starting`)
      running.push(await start(system, wanted))
    }
    for (const { system, server } of running) {
      say(`${system.name}: signing in`)
      await generator.prepare(system.flow, server.origin, options.connections)
      // Unmeasured: code that the just-in-time compiler hasn't seen a few thousand times isn't a day of service.
      for (const operation of wanted)
        if (has(system, operation))
          await generator.measure(server.origin, operation, Math.max(warmUpSeconds, options.seconds))
    }
    for (let round = 0; round < options.rounds; round++) {
      say(`round ${round + 1} of ${options.rounds}`)
      for (const operation of wanted)
        for (const one of turn(running, round)) {
          if (has(one.system, operation))
            samples.push(await sample(one, operation, round, options, generator))
        }
    }
  } finally {
    for (const { server, place } of running) {
      await server.stop()
      await place.remove()
    }
  }
  return samples
}

export async function start(
  system: System,
  wanted: readonly Operation[],
  inspect?: number,
): Promise<Running> {
  const place = await system.fresh()
  if (wanted.includes('query') && place.fill) await place.fill()
  const options = inspect === undefined ? {} : { inspect }
  const server = await startServer((origin) => place.launch(origin), cores.server, options)
  return { system, place, server }
}

async function sample(
  { system, server }: Running,
  operation: Operation,
  round: number,
  options: Options,
  generator: Generator,
): Promise<Sample> {
  const before = server.cpu()
  const measured = await generator.measure(server.origin, operation, options.seconds)
  return {
    system: system.name,
    measure: operation,
    round,
    value: measured.count / measured.seconds,
    cpuMs: ((server.cpu() - before) * 1000) / measured.count,
    p50: measured.p50,
    p99: measured.p99,
    generator: measured.generator,
  }
}

function has(system: System, operation: Operation): boolean {
  return offers(system.flow, operation)
}

/** Another system begins each round, so that nobody always runs after the same neighbour. */
function turn<T>(list: readonly T[], by: number): T[] {
  const at = by % Math.max(1, list.length)
  return [...list.slice(at), ...list.slice(0, at)]
}
