import type { UpstreamLimits } from '#contract'
import type { Clock, OutwardClient } from '#foundation'
import type { Source, UpstreamAccess } from '../engine.ts'
import type { ToolDefinition } from '../upstreams/upstream.ts'
import { checkTwentyKey } from './check-twenty-key.ts'
import { createPace } from './client/pace.ts'
import { twentySource } from './source.ts'
import { builtInTools } from './tools/built-in-tools.ts'
import { createWorkspaceCache } from './workspace-cache.ts'

export interface TwentyConnector {
  /** The tools of one workspace with one key, for one call. */
  open(access: UpstreamAccess, limits: Pick<UpstreamLimits, 'answerBytes' | 'timeoutSeconds'>): Source
  /** @throws UpstreamTrouble `refused` when the workspace doesn't take the key. */
  checkKey(access: UpstreamAccess): Promise<void>
}

/** Twenty workspaces as tools. Keeps, in memory and by credential, whose turn it is and what its data model looks like. */
export function createTwentyConnector(deps: { outward: OutwardClient; clock: Clock }): TwentyConnector {
  const pace = createPace(deps.clock)
  const workspaces = createWorkspaceCache(deps.clock)
  return {
    open: (access, limits) => twentySource(access, { ...deps, limits, pace, workspaces }),
    checkKey: (access) => checkTwentyKey(access, deps),
  }
}

/** The tools that are ours: known before anybody gave a key, and accepted without a review. */
export const twentyTools: readonly ToolDefinition[] = builtInTools.map(({ definition }) => definition)
