/**
 * A path of this very site, or `/`. Anything that could leave it (a scheme, `//host`, `/\host`, a control
 * character, dot segments before `//host`) is dropped, not repaired (attack R8).
 */
export function ownPath(next: string, issuer: string): string {
  if (next.length > 2048 || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next)) return '/'
  const url = new URL(next, issuer)
  // `/.//host` resolves to the path `//host`, which a browser takes for a host.
  return url.origin === issuer && !url.pathname.startsWith('//') ? url.pathname + url.search + url.hash : '/'
}
