/**
 * Takes the one-time token out of `#token=…` and clears it from the address bar and the history entry.
 * A fragment never reaches a server or its logs; after this it can't be copied along by accident either.
 */
export function takeFragmentToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
  // The printed link opened in a tab that shows this page already: only the fragment changes, so start again.
  addEventListener('hashchange', () => location.hash && location.reload())
  if (location.hash) history.replaceState(null, '', location.pathname + location.search)
  return token
}
