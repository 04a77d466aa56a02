/**
 * Where to go after signing in: a path of this very site, or `fallback`. Anything that could leave the
 * site (a scheme, `//host`, `/\host`, a control character, dot segments before `//host`) is dropped, not repaired
 * (attack R8).
 */
export function safeNext(next: string | null, fallback = '/'): string {
  if (!next || next.length > 2048 || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next)) return fallback
  const url = new URL(next, location.origin)
  // `/.//host` resolves to the path `//host`, which a browser takes for a host.
  const own = url.origin === location.origin && !url.pathname.startsWith('//')
  return own ? url.pathname + url.search + url.hash : fallback
}

/** The sign-in page, with the way back to where the person is now. */
export function signInPath(): string {
  const here = location.pathname + location.search
  return here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`
}
