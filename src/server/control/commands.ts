import { rotateKeysInput, setupInput } from '#contract'
import { SetupError } from '#foundation'
import { nameFrom } from '../name-from.ts'
import { z } from 'zod'
import { beginBackup } from '../backup/begin-backup.ts'
import type { Parts } from '../compose.ts'
import { clientCommands } from './client-commands.ts'
import { command, nothing } from './command.ts'
import { statusOf } from './status.ts'
import { peopleKeyCommands } from './people-key-commands.ts'
import { upstreamCommands } from './upstream-commands.ts'
import { vaultCommands } from './vault-commands.ts'

const importOrder = z.strictObject({
  url: z.string().min(1).max(2000),
  key: z.string().min(1).max(10_000),
  full: z.boolean(),
})

/** What the command line may ask of an install. The person who runs it owns the data: nobody else is asked. */
const commands = {
  ...clientCommands,
  ...upstreamCommands,
  ...vaultCommands,
  ...peopleKeyCommands,
  'grants.list': command(nothing, ({ oauth }) => oauth.grants.list(null)),
  'keys.list': command(nothing, ({ oauth }) => oauth.keys.list()),
  'keys.rotate': command(rotateKeysInput, ({ oauth }, how) =>
    oauth.keys.rotate({ kind: 'system', name: 'tandem keys rotate' }, how),
  ),
  'backup.begin': command(z.strictObject({ pid: z.int().positive() }), (parts, { pid }) =>
    beginBackup(parts, parts.dataDir, pid),
  ),
  'import.begin': command(importOrder, async ({ imports }, order) => imports.begin(order)),
  'import.status': command(nothing, async ({ imports }) => imports.status()),
  address: command(nothing, async ({ issuer }) => issuer),
  status: command(nothing, statusOf),
  /** Whose rights the test's own client may have, and what it looks at. */
  'test.begin': command(nothing, async (parts) => ({
    administrator: (await parts.identity.members.administrators())[0] ?? null,
    upstreams: parts.upstreams().map(({ name }) => name),
    credentials: (await statusOf(parts)).credentials,
  })),
  'administrator.create': command(
    setupInput.pick({ email: true, password: true }),
    async ({ identity }, given) => {
      const made = await identity.setup.createAdministrator({ name: nameFrom(given.email), ...given })
      if (!made) throw new SetupError('There is an administrator already: she invites others')
      return { made }
    },
  ),
  'audit.verify': command(nothing, ({ audit }) => audit.verify()),
} as const

export type Command = keyof typeof commands
type Input<C extends Command> = z.input<(typeof commands)[C]['input']>
type Result<C extends Command> = Awaited<ReturnType<(typeof commands)[C]['run']>>
export type RunCommand = <C extends Command>(command: C, input: Input<C>) => Promise<Result<C>>

export function isCommand(text: string): text is Command {
  return Object.hasOwn(commands, text)
}

/** Runs a command on parts of this process; its input is checked whoever sends it. */
export function runCommand(parts: Parts, name: Command, input: unknown): Promise<unknown> {
  return commands[name].call(parts, input)
}
