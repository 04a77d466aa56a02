const shortest = 5 * 60 * 1000
const longest = 24 * 60 * 60 * 1000

/**
 * Milliseconds for which a metadata document is fresh (RFC 9111 §4.2.1), within our own bounds (A131):
 * VS Code's document says no-store, and an authorization request needs it more than once.
 */
export function freshFor(cacheControl: string | null): number {
  const directives = new Map<string, string>()
  for (const part of (cacheControl ?? '').split(',')) {
    const [name = '', value = ''] = part.trim().toLowerCase().split('=', 2)
    directives.set(name.trim(), value.trim().replaceAll('"', ''))
  }
  if (directives.has('no-store') || directives.has('no-cache')) return shortest
  // Many people share this copy, so s-maxage counts before max-age.
  const seconds = directives.get('s-maxage') ?? directives.get('max-age') ?? ''
  if (!/^\d{1,10}$/.test(seconds)) return shortest
  return Math.min(longest, Math.max(shortest, Number(seconds) * 1000))
}
