import { isSpecType } from '@modelcontextprotocol/server'
import type { Tool } from '@modelcontextprotocol/server'
import type { ToolDefinition } from '../../upstreams/upstream.ts'

const looked = new WeakMap<ToolDefinition, Tool | null>()

/** Definitions as clients take them. One that they don't would cost them the whole list, and so stays out of it. */
export function listedTools(definitions: readonly ToolDefinition[]): Tool[] {
  return definitions.flatMap((definition) => {
    let tool = looked.get(definition)
    if (tool === undefined) looked.set(definition, (tool = isSpecType.Tool(definition) ? definition : null))
    return tool ?? []
  })
}
