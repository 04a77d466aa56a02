import { command, nothing } from './command.ts'

/** What the command line does with the vault: counts, never what is in it. */
export const vaultCommands = {
  'vault.status': command(nothing, ({ vault }) => vault.status()),
  'vault.rewrap': command(nothing, async ({ vault, audit }) => {
    const done = await vault.rewrap()
    const { current, versions } = await vault.status()
    audit.note({
      event: 'vault.rewrapped',
      outcome: done.unreadable === 0 ? 'ok' : 'failed',
      actor: { kind: 'system', name: 'tandem vault rewrap' },
      detail: { ...done, version: current },
    })
    return { ...done, current, versions }
  }),
} as const
