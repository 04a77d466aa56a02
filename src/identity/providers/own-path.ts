/**
 * A path of this very site, or `/`. Anything that could leave it (a scheme, `//host`, `/\host`, a control
 * character) is dropped, not repaired (attack R8).
 */
export function ownPath(next: string, issuer: string): string {
  if (next.length > 2048 || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next)) return '/'
  const url = new URL(next, issuer)
  return url.origin === issuer ? url.pathname + url.search + url.hash : '/'
}
