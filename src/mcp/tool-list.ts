import { z } from 'zod'
import type { Tool } from './tool.ts'

type JsonObject = { [name: string]: unknown }
/** One entry of `tools/list`, as the wire has it. */
export type ListedTool = {
  name: string
  title: string
  description: string
  inputSchema: JsonObject & { type: 'object' }
  outputSchema: JsonObject & { type: 'object' }
  annotations: {
    readOnlyHint: boolean
    destructiveHint: boolean
    idempotentHint: boolean
    openWorldHint: boolean
  }
}

/**
 * The list that `tools/list` answers with: the same for everybody, computed once.
 *
 * It isn't filtered by the token's scopes. A client can only step up after a 403 for a tool that it
 * knows of (MCP 2026-07-28, "Runtime Insufficient Scope Errors"); a hidden tool could never be asked
 * for. A down-scoped token is accepted all the same (Security Best Practices, "Scope Minimization").
 */
export function listTools(tools: readonly Tool[]): ListedTool[] {
  return tools.map(({ definition }) => ({
    name: definition.name,
    title: definition.title,
    description: definition.description,
    inputSchema: schemaOf(definition.input, 'input'),
    outputSchema: schemaOf(definition.output, 'output'),
    annotations: {
      readOnlyHint: definition.kind === 'reads',
      destructiveHint: definition.kind === 'changes',
      idempotentHint: definition.repeatable,
      // Nothing outside this workspace is reached.
      openWorldHint: false,
    },
  }))
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject & { type: 'object' } {
  const json = z.toJSONSchema(schema, { io, override: ({ jsonSchema }) => shorten(jsonSchema, io) })
  const { $schema: _, ...rest } = json
  return { ...rest, type: 'object' }
}

// The list is paid for in tokens by every conversation: leave out what tells a model nothing.
function shorten(json: JsonObject, io: 'input' | 'output'): void {
  delete json['propertyNames']
  if (json['maximum'] === Number.MAX_SAFE_INTEGER) delete json['maximum']
  if (json['minimum'] === Number.MIN_SAFE_INTEGER) delete json['minimum']
  if (json['minLength'] === 1) delete json['minLength']
  // Lengths are checked all the same, and the refusal names the field.
  if (json['type'] === 'string') delete json['maxLength']
  // Clients must ignore members that a later version adds to a result.
  if (io === 'output') delete json['additionalProperties']
}
