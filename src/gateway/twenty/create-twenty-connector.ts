import type { UpstreamLimits } from '#contract'
import type { Clock, OutwardClient } from '#foundation'
import type { Source, UpstreamAccess } from '../engine.ts'
import type { ToolDefinition } from '../upstreams/upstream.ts'
import { createPace } from './client/pace.ts'
import { twentySource } from './source.ts'
import type { Heard } from './source.ts'
import { builtInTools } from './tools/built-in-tools.ts'
import { createWorkspaceCache } from './workspace-cache.ts'

export interface TwentyConnector {
  /** The tools of one workspace with one key, for one call. */
  open(
    access: UpstreamAccess,
    limits: Pick<UpstreamLimits, 'answerBytes' | 'timeoutSeconds'>,
    heard?: Heard,
  ): Source
}

/** Twenty workspaces as tools. Keeps, in memory and by credential, whose turn it is and what its data model looks like. */
export function createTwentyConnector(deps: { outward: OutwardClient; clock: Clock }): TwentyConnector {
  const pace = createPace(deps.clock)
  const workspaces = createWorkspaceCache(deps.clock)
  return {
    open: (access, limits, heard = () => undefined) =>
      twentySource(access, { ...deps, limits, pace, workspaces, heard }),
  }
}

/** The tools that are ours: known before anybody gave a key, and accepted without a review. */
export const twentyTools: readonly ToolDefinition[] = builtInTools.map(({ definition }) => definition)
