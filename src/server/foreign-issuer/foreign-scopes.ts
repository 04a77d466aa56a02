import type { ForeignIssuer } from '#foundation'

export type ForeignScopes = {
  /** What a token's scopes mean at a resource that has these scopes. Its own names mean themselves. */
  meaning(scopes: readonly string[], of: readonly string[]): string[]
  /** How the other server calls them, for challenges and metadata: apps ask there. */
  named(scopes: readonly string[]): string[]
}

export function foreignScopes({ scopes: map }: Pick<ForeignIssuer, 'scopes'>): ForeignScopes {
  const fits = (pattern: string, scope: string) =>
    pattern.startsWith('*:')
      ? scope.endsWith(pattern.slice(1)) && !scope.startsWith('crm:') && scope.split(':').length === 2
      : pattern === scope
  const entries = Object.entries(map)
  return {
    meaning(scopes, of) {
      const patterns = scopes.flatMap((scope) => (Object.hasOwn(map, scope) ? (map[scope] ?? []) : []))
      // A scope that nobody mapped is itself: `*:write` in a token is no pattern.
      return of.filter((scope) => {
        const itself = scopes.includes(scope) && !Object.hasOwn(map, scope)
        return itself || patterns.some((pattern) => fits(pattern, scope))
      })
    },
    named(scopes) {
      const names = scopes.map(
        (scope) => entries.find(([, patterns]) => patterns.some((one) => fits(one, scope)))?.[0] ?? scope,
      )
      return [...new Set(names)]
    },
  }
}
