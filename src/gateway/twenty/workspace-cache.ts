import type { Clock } from '#foundation'
import type { TwentyClient } from './client/twenty-client.ts'
import { readWorkspace } from './workspace.ts'
import type { TwentyWorkspace } from './workspace.ts'

/** Milliseconds that a data model is believed: somebody who adds a field sees it within a minute. */
const freshMs = 60_000
const maxWorkspaces = 200

/** Data models by credential, so that a tool call doesn't cost two. What one key sees is never shown to another. */
export interface WorkspaceCache {
  /** Null when the key's role may not read the data model. `onRead` hears of one that was not remembered. */
  read(
    credential: string,
    client: TwentyClient,
    onRead: (workspace: TwentyWorkspace | null) => void,
  ): Promise<TwentyWorkspace | null>
}

export function createWorkspaceCache(clock: Clock): WorkspaceCache {
  const known = new Map<string, { at: number; workspace: TwentyWorkspace | null }>()
  return {
    async read(credential, client, onRead) {
      const now = clock.now().getTime()
      const held = known.get(credential)
      if (held && now - held.at < freshMs) return held.workspace
      // Not shared while it is under way: the other's call could be given up meanwhile.
      const workspace = await readWorkspace(client)
      known.delete(credential)
      if (known.size >= maxWorkspaces) {
        const [oldest] = known.keys()
        if (oldest !== undefined) known.delete(oldest)
      }
      known.set(credential, { at: now, workspace })
      onRead(workspace)
      return workspace
    },
  }
}
