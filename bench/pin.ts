import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const hasTaskset = spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0

/** Why processes stay where the system puts them, or null when they are pinned. */
export const unpinnedBecause: string | null = !hasTaskset
  ? 'taskset is not here'
  : availableParallelism() < 2
    ? 'there is one core only'
    : null

/** The command that runs on one core. */
export function pinned(core: number, command: string, args: string[]): [string, string[]] {
  return unpinnedBecause ? [command, args] : ['taskset', ['-c', String(core), command, ...args]]
}
