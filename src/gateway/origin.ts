/**
 * The member of a result's `_meta` that says which upstream wrote it: whatever reads the result further on can tell
 * our words from somebody else's. Reverse DNS, as MCP 2026-07-28 wants of names that aren't its own (BASIC, "_meta").
 */
export const originKey = 'io.tandem/origin'

/** `_meta` with where it came from. What an upstream says under our own name doesn't count. */
export function withOrigin(meta: unknown, upstream: string): Record<string, unknown> {
  const said = typeof meta === 'object' && meta !== null && !Array.isArray(meta) ? meta : {}
  return { ...said, [originKey]: upstream }
}
