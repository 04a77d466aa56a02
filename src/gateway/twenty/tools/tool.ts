import { z } from 'zod'
import type { ToolDefinition } from '../../upstreams/upstream.ts'
import type { TwentyClient } from '../client/twenty-client.ts'
import type { TwentyWorkspace } from '../workspace.ts'

/** What a tool may lean on while it answers one call. */
export type ToolContext = {
  client: TwentyClient
  /** The data model; null when the key's role may not read it. Read once a call at most. */
  workspace(): Promise<TwentyWorkspace | null>
}

/** A refusal that the model can act on. */
export class ToolRefusal extends Error {
  override name = 'ToolRefusal'
}

export type Result = Record<string, unknown>
type ToolOf<I extends z.ZodType> = {
  name: string
  title: string
  /** Read by models: when to use it and what comes back, in as few words as do. */
  description: string
  input: I
  /** `adds` leaves what is there alone; `changes` overwrites. */
  kind: 'reads' | 'adds' | 'changes'
  run(context: ToolContext, input: z.output<I>): Promise<Result>
}

/** A tool whose types are known to itself only. */
export type TwentyTool = {
  definition: ToolDefinition
  /** @throws ToolRefusal, TwentyRefusal, UpstreamTrouble */
  call(context: ToolContext, sent: unknown): Promise<Result>
}

export function defineTool<I extends z.ZodType>(tool: ToolOf<I>): TwentyTool {
  const { name, title, description, input, kind, run } = tool
  return {
    definition: {
      name,
      title,
      description,
      inputSchema: schemaOf(input),
      outputSchema: { type: 'object' },
      annotations: {
        title,
        readOnlyHint: kind === 'reads',
        destructiveHint: kind === 'changes',
        idempotentHint: kind !== 'adds',
        openWorldHint: false,
      },
    },
    async call(context, sent) {
      const parsed = input.safeParse(sent)
      if (!parsed.success) throw new ToolRefusal(`${name}: ${sentence(parsed.error.issues)}`)
      return run(context, parsed.data)
    },
  }
}

function schemaOf(input: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(input, {
    io: 'input',
    override: ({ jsonSchema }) => shorten(jsonSchema),
  })
  return { ...json, type: 'object' }
}

// The list is paid for in tokens by every conversation. What is left out is checked all the same.
function shorten(json: Record<string, unknown>): void {
  if (json['minLength'] === 1) delete json['minLength']
  if (json['type'] === 'string') delete json['maxLength']
  if (json['format'] !== undefined) delete json['pattern']
}

/** Names the arguments, never their values. */
function sentence(issues: readonly z.core.$ZodIssue[]): string {
  return issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ')
}
