/** What this browser remembers for the page. Null when it doesn't, or when storage is refused. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`tandem.${key}`)
  } catch {
    return null
  }
}

/** Null forgets. Where storage is refused, things last as long as the page. */
export function remember(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(`tandem.${key}`)
    else localStorage.setItem(`tandem.${key}`, value)
  } catch {
    // Refused: nothing to do about it.
  }
}
