import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const started = z.object({ found: z.array(z.number()), paired: z.array(z.number()) })

export type WritingProcess = {
  /** The ids that were there when it began. */
  found: number[]
  paired: number[]
  /** Ids it has acknowledged so far. */
  acknowledged: number[]
  kill(): Promise<void>
  ended: Promise<void>
}

/** Starts writer.ts and waits until it has opened the database. `through` runs it under another program. */
export async function startWriting(
  dataDir: string,
  options: { concurrency: number; limit?: number; through?: string[] },
): Promise<WritingProcess> {
  const writer = fileURLToPath(new URL('./writer.ts', import.meta.url))
  const [command = '', ...args] = [...(options.through ?? []), process.execPath, writer, dataDir]
  const numbers = [`${options.concurrency}`, `${options.limit ?? Infinity}`]
  const child = spawn(command, [...args, ...numbers], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const acknowledged: number[] = []
  const first = await new Promise<z.infer<typeof started>>((resolve, reject) => {
    void ended.then(() => reject(new Error(`The writer ended: ${complaint}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message: unknown = JSON.parse(line)
      if (typeof message === 'number') acknowledged.push(message)
      else if (message !== 'done') resolve(started.parse(message))
    })
  })
  return {
    ...first,
    acknowledged,
    ended,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
