import { z } from 'zod'
import type { Parts } from '../compose.ts'

/** One thing the command line may ask for: what it takes, and what it does. */
export type CommandDefinition<I, O, R> = {
  input: z.ZodType<O, I>
  run: (parts: Parts, input: O) => Promise<R>
  /** Checks the input, whoever sends it, and runs. */
  call: (parts: Parts, input: unknown) => Promise<R>
}

export function command<I, O, R>(
  input: z.ZodType<O, I>,
  run: (parts: Parts, input: O) => Promise<R>,
): CommandDefinition<I, O, R> {
  return { input, run, call: async (parts, given) => run(parts, input.parse(given)) }
}

export const nothing = z.strictObject({})
