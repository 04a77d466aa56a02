/** The agents' door: the MCP endpoint and its tools. */
export { createMcp } from './mcp.ts'
export type { Mcp, McpDependencies } from './mcp.ts'
