import { useSyncExternalStore } from 'react'
import { ApiFailure } from '../api/client.ts'

/** Somebody is waiting for the person to confirm that it is she. */
type Waiting = { resolve: () => void; reject: (error: unknown) => void }

let waiting: Waiting | null = null
const listeners = new Set<() => void>()

function set(next: Waiting | null) {
  waiting = next
  for (const listener of listeners) listener()
}

/** The person closed the question: nothing went wrong and nothing happened. */
export class NotConfirmed extends Error {
  override readonly name = 'NotConfirmed'
}

/**
 * Does something that asks for a fresh sign-in; when it is refused for that, asks her to confirm and does it again.
 * @throws NotConfirmed — when she doesn't.
 */
export async function confirmed<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof ApiFailure && error.code === 'confirm_needed')) throw error
  }
  await new Promise<void>((resolve, reject) => {
    waiting?.reject(new NotConfirmed())
    set({ resolve, reject })
  })
  return act()
}

/** For the dialog: whether to ask now, and what came of it. */
export function useConfirming() {
  const current = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => waiting,
  )
  return {
    asking: current !== null,
    done: () => {
      set(null)
      current?.resolve()
    },
    cancel: () => {
      set(null)
      current?.reject(new NotConfirmed())
    },
  }
}
