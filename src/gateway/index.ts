/** Upstreams: somebody else's MCP servers, and Twenty, behind our sign-in. */
export { createGateway } from './create-gateway.ts'
export type { Gateway } from './gateway.ts'
export { gatewayMigrations } from './migration.ts'
export type { GatewayDependencies } from './ports.ts'
