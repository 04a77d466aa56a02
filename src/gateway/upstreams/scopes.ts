import type { PinnedTool, Upstream } from './upstream.ts'

/** A protected resource in the authorization server's terms (its `Resource` port). */
export type UpstreamResource = {
  id: string
  name: string
  scopes: Readonly<Record<string, string>>
  defaultScopes: readonly string[]
  foreign: true
}

export function resourceOf(issuer: string, upstream: Upstream): UpstreamResource {
  const { name, title, tools } = upstream
  return {
    id: `${issuer}/mcp/${name}`,
    name: title,
    scopes: {
      [`${name}:read`]: `Look things up in ${title}`,
      [`${name}:write`]: `Change things in ${title}`,
      ...Object.fromEntries(
        [...tools.values()].map((tool) => [toolScope(name, tool.name), `Use ${labelOf(tool)} of ${title}`]),
      ),
    },
    // Several clients never step up (design §4); people narrow when they consent.
    defaultScopes: [`${name}:read`, `${name}:write`],
    foreign: true,
  }
}

/** The scope that a call of the tool asks for. */
export function scopeFor(upstream: Upstream, tool: PinnedTool): string {
  return `${upstream.name}:${tool.access}`
}

/** True when a grant with these scopes may use the tool: by its access, or by its own name. */
export function mayUse(upstream: Upstream, tool: PinnedTool, granted: readonly string[]): boolean {
  return (
    granted.includes(`${upstream.name}:write`) ||
    (tool.access === 'read' && granted.includes(`${upstream.name}:read`)) ||
    granted.includes(toolScope(upstream.name, tool.name))
  )
}

/** True when a grant with these scopes may read what isn't a tool: prompts, resources, completions. */
export function mayRead({ name }: Upstream, granted: readonly string[]): boolean {
  return granted.includes(`${name}:read`) || mayWrite({ name }, granted)
}

/** True when a grant with these scopes may send what nobody knows to be harmless. */
export function mayWrite({ name }: Pick<Upstream, 'name'>, granted: readonly string[]): boolean {
  return granted.includes(`${name}:write`)
}

/**
 * Whether a list shows the tool. A grant that names tools one by one shows those; every other one shows all, since a
 * client can only step up to what it knows of (MCP 2026-07-28, "Runtime Insufficient Scope Errors").
 */
export function isShown(upstream: Upstream, tool: PinnedTool, granted: readonly string[]): boolean {
  return mayRead(upstream, granted) || granted.includes(toolScope(upstream.name, tool.name))
}

function toolScope(upstream: string, tool: string): string {
  return `${upstream}:tool:${tool}`
}

function labelOf({ name, definition }: PinnedTool): string {
  const title = definition.title ?? definition.annotations?.['title']
  return typeof title === 'string' && title !== '' ? `“${title.slice(0, 60)}” (${name})` : name
}
