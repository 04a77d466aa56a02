import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FlowName, LoadAnswer, LoadRequest, Measured } from './load.ts'
import { mostAtOnce } from './operations.ts'
import type { Operation } from './operations.ts'
import { pinned } from './pin.ts'

/** The load generator's process, on its own core where the machine lets us choose. */
export interface Generator {
  prepare(flow: FlowName, origin: string, connections: number): Promise<void>
  measure(origin: string, operation: Operation, seconds: number): Promise<Measured>
  stop(): void
}

type Asked = LoadRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never

export function startGenerator(core: number): Generator {
  const [command, args] = pinned(core, process.execPath, [fileURLToPath(new URL('load.ts', import.meta.url))])
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve(measured: Measured | null): void; reject(cause: Error): void }>()
  let next = 0
  child.on('message', (answer: LoadAnswer) => {
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('error' in answer) asked?.reject(new Error(answer.error))
    else asked?.resolve(answer.measured)
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the load generator ended with ${code}`))
  })
  const ask = (request: Asked) =>
    new Promise<Measured | null>((resolve, reject) => {
      const id = next++
      waiting.set(id, { resolve, reject })
      child.send({ ...request, id })
    })
  return {
    async prepare(flow, origin, connections) {
      await ask({ do: 'prepare', flow, origin, connections })
    },
    async measure(origin, operation, seconds) {
      const measured = await ask({ do: 'measure', origin, operation, seconds, most: mostAtOnce(operation) })
      if (!measured) throw new Error('the load generator measured nothing')
      return measured
    },
    stop: () => void child.kill(),
  }
}
