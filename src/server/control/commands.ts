import { z } from 'zod'
import type { Parts } from '../compose.ts'

/** What the command line may ask of an install. The person who runs it owns the data: nobody else is asked. */
const commands = {
  'clients.create': {
    input: z.strictObject({
      name: z.string().trim().min(1).max(200),
      redirectUris: z.array(z.string().min(1).max(2000)).min(1).max(20),
      confidential: z.boolean(),
    }),
    run: ({ oauth }: Parts, input: { name: string; redirectUris: string[]; confidential: boolean }) =>
      oauth.clients.create(input),
  },
  'grants.list': {
    input: z.strictObject({}),
    run: ({ oauth }: Parts) => oauth.grants.list(null),
  },
  'audit.verify': {
    input: z.strictObject({}),
    run: ({ audit }: Parts) => audit.verify(),
  },
} as const

export type Command = keyof typeof commands
type Input<C extends Command> = z.infer<(typeof commands)[C]['input']>
type Result<C extends Command> = Awaited<ReturnType<(typeof commands)[C]['run']>>
export type RunCommand = <C extends Command>(command: C, input: Input<C>) => Promise<Result<C>>

export function isCommand(text: string): text is Command {
  return Object.hasOwn(commands, text)
}

/** Runs a command on parts of this process; its input is checked whoever sends it. */
export async function runCommand(parts: Parts, command: Command, input: unknown): Promise<unknown> {
  switch (command) {
    case 'clients.create':
      return commands[command].run(parts, commands[command].input.parse(input))
    case 'grants.list':
      commands[command].input.parse(input)
      return commands[command].run(parts)
    case 'audit.verify':
      commands[command].input.parse(input)
      return commands[command].run(parts)
  }
}
