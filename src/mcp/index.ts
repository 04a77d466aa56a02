/** The agents' door: the MCP endpoint and its tools. */
export { createAgentDoor } from './agent-door.ts'
export type { AgentDoor, AgentDoorDependencies, Caller, McpFrom, Message } from './agent-door.ts'
export { createMcp } from './mcp.ts'
export type { Mcp, McpDependencies } from './mcp.ts'
export { toolsByName } from './tools/index.ts'
