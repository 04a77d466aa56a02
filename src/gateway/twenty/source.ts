import type { UpstreamLimits } from '#contract'
import { isObject } from '#foundation'
import type { Clock, OutwardClient } from '#foundation'
import type { Source, ToolResult, UpstreamAccess } from '../engine.ts'
import type { ToolDefinition } from '../upstreams/upstream.ts'
import { TwentyRefusal } from './client/answers.ts'
import type { Pace } from './client/pace.ts'
import { createTwentyClient, credentialKey } from './client/twenty-client.ts'
import { generatedTools } from './generated/generated-tools.ts'
import { builtInTools } from './tools/built-in-tools.ts'
import { ToolRefusal } from './tools/tool.ts'
import type { Result, TwentyTool } from './tools/tool.ts'
import type { TwentyWorkspace } from './workspace.ts'
import type { WorkspaceCache } from './workspace-cache.ts'

export type TwentySourceDependencies = {
  outward: OutwardClient
  clock: Clock
  limits: Pick<UpstreamLimits, 'answerBytes' | 'timeoutSeconds'>
  pace: Pace
  workspaces: WorkspaceCache
  /** Hears what there is, each time that the workspace was read. */
  heard: Heard
}
export type Heard = (tools: readonly ToolDefinition[]) => void

const builtIn = new Map(builtInTools.map((tool) => [tool.definition.name, tool]))
/** Characters of one result: a model reads all of it. */
const maxResult = 100_000

/** A workspace as tools: ours by name, and those of its custom objects. */
export function twentySource(access: UpstreamAccess, deps: TwentySourceDependencies): Source {
  const { limits, workspaces, heard } = deps
  const within = (signal: AbortSignal) =>
    AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutSeconds * 1000)])
  const contextFor = (signal: AbortSignal) => {
    const client = createTwentyClient({ ...deps, access, answerBytes: limits.answerBytes, signal })
    const onRead = (workspace: TwentyWorkspace | null) => heard(definitionsOf(workspace))
    return { client, workspace: () => workspaces.read(credentialKey(access), client, onRead) }
  }
  return {
    async listTools(signal) {
      return definitionsOf(await contextFor(within(signal)).workspace())
    },
    async callTool({ name, arguments: sent }, signal) {
      const context = contextFor(within(signal))
      try {
        const tool = builtIn.get(name) ?? generatedNamed(name, await context.workspace())
        return resultOf(await tool.call(context, sent))
      } catch (error) {
        // What a model can put right is a result that says so (MCP, Tools, "Error Handling"); trouble is the bridge's.
        if (!(error instanceof ToolRefusal) && !(error instanceof TwentyRefusal)) throw error
        return { content: [{ type: 'text', text: error.message }], isError: true }
      }
    },
    async close() {},
  }
}

function definitionsOf(workspace: TwentyWorkspace | null): ToolDefinition[] {
  const generated = workspace ? generatedTools(workspace) : []
  return [...builtInTools, ...generated].map(({ definition }) => definition)
}

function generatedNamed(name: string, workspace: TwentyWorkspace | null): TwentyTool {
  const found = workspace && generatedTools(workspace).find(({ definition }) => definition.name === name)
  if (found) return found
  throw new ToolRefusal(
    workspace
      ? `This workspace has no object for ${name} any more`
      : `${name} needs the data model, which the role of your key in Twenty may not read`,
  )
}

function resultOf(result: Result): ToolResult {
  const bounded = shortened(result)
  return { content: [{ type: 'text', text: JSON.stringify(bounded) }], structuredContent: bounded }
}

/** Lists lose their ends until the result fits; it says so. */
function shortened(result: Result): Result {
  if (JSON.stringify(result).length <= maxResult) return result
  const longest = Object.entries(result)
    .filter(([, value]) => Array.isArray(value) && value.length > 1)
    .sort(([, a], [, b]) => JSON.stringify(b).length - JSON.stringify(a).length)[0]
  if (!longest) {
    const { id } = Object.values(result).find(isObject) ?? {}
    throw new ToolRefusal(
      `The answer is longer than ${maxResult} characters${id ? ` (record ${String(id)})` : ''}: ask for less`,
    )
  }
  const [key, list] = longest
  const kept = (list as unknown[]).slice(0, Math.floor((list as unknown[]).length / 2))
  return shortened({ ...result, [key]: kept, shortened: `${key} is cut: ask with a smaller limit` })
}
