import type { Events, GrantId } from '#foundation'
import { grantChanged, grantEnded } from './grant-store.ts'
import type { LiveGrants } from './live-grants.ts'
import { stopsChanged } from './stops.ts'

/** Tells who holds something open under a grant when that may be more than the grant still allows. */
export interface GrantWatch {
  /** Calls back once: the grant ended, was paused, narrowed or stopped, on whichever replica. Returns the way out. */
  watch(id: GrantId, changed: () => void): () => void
  close(): void
}

/** Whoever is told closes what is open; who may go on opens it anew, under what holds then. */
export function createGrantWatch(events: Events, live: Pick<LiveGrants, 'find'>): GrantWatch {
  const watched = new Map<GrantId, Set<() => void>>()
  const tell = (id: GrantId): void => {
    const listeners = watched.get(id)
    watched.delete(id)
    for (const changed of listeners ?? []) changed()
  }
  const tellAll = (): void => {
    for (const id of watched.keys()) tell(id)
  }
  /** True when it has ended, or what happened to that grant happened to this one, which was exchanged from it. */
  const isTouched = async (id: GrantId, grant: string | undefined): Promise<boolean> => {
    const found = await live.find(id)
    for (let one = found ?? null; one; one = one.parent) if (one.grant.id === grant) return true
    return found === undefined
  }
  const heard = ({ grant }: Record<string, string>): void => {
    for (const id of watched.keys()) {
      if (id === grant) tell(id)
      else
        isTouched(id, grant).then(
          (touched) => touched && tell(id),
          // Who can't tell doesn't let it go on.
          () => tell(id),
        )
    }
  }
  const leave = [
    events.subscribe(grantEnded, heard),
    events.subscribe(grantChanged, heard),
    events.subscribe(stopsChanged, tellAll),
    events.onGap(tellAll),
  ]
  return {
    watch(id, changed) {
      const listeners = watched.get(id) ?? new Set()
      watched.set(id, listeners.add(changed))
      return () => {
        listeners.delete(changed)
        if (listeners.size === 0 && watched.get(id) === listeners) watched.delete(id)
      }
    },
    close: () => leave.forEach((stop) => stop()),
  }
}
