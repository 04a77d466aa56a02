import { useSyncExternalStore } from 'react'

let creating: string | null = null
const listeners = new Set<() => void>()

/** Opens the form for a new record of the object, from anywhere; null closes it. */
export function startCreating(object: string | null) {
  creating = object
  for (const listener of listeners) listener()
}

/** The object a record is being created of, or null. */
export function useCreating(): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => creating,
  )
}
