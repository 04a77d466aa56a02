/** Upstreams: somebody else's MCP servers, and Twenty, behind our sign-in. */
export { createGateway } from './create-gateway.ts'
export type { Gateway } from './gateway.ts'
export { upstreamChanged } from './upstreams/directory.ts'
export { UpstreamError } from './upstreams/upstream-error.ts'
export type { UpstreamErrorCode } from './upstreams/upstream-error.ts'
export type { Administrator, UpstreamManager } from './upstreams/upstream-manager.ts'
export { gatewayMigrations } from './migration.ts'
export type { GatewayDependencies, UpstreamWatch } from './ports.ts'
