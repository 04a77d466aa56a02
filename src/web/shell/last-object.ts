const key = 'tandem.object'

/** The object this browser looked at last. */
export function lastObject(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export function rememberObject(name: string) {
  try {
    localStorage.setItem(key, name)
  } catch {
    // Storage refused: the first object opens next time.
  }
}
