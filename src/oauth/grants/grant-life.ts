import type { Clock, GrantId } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { LiveGrant, LiveGrants } from './live-grants.ts'
import { clientsOf, isIdle, standingOf } from './standing.ts'
import type { Standing } from './standing.ts'
import { stopOf } from './stops.ts'
import type { Stop, Stopped, Stops } from './stops.ts'

/**
 * Access that is there and may not be used for now: paused by its person, or stopped by an administrator. Refused in
 * words, so that nobody throws tokens away that will be good again. The guard knows it by `withheld`.
 */
export class AccessWithheld extends OAuthError {
  readonly withheld: string
  constructor(why: string, at: Place) {
    // The client should ask again later; `invalid_grant` would make it forget its refresh token (RFC 6749 §5.2).
    super(
      at === 'token' ? 'temporarily_unavailable' : 'access_denied',
      why,
      at === 'token' ? { headers: { 'Retry-After': '60' } } : {},
    )
    this.withheld = why
  }
}

export interface GrantLife {
  /** The grant unless it has ended, read anew where another replica may have seen it used and we didn't. */
  find(id: GrantId): Promise<LiveGrant | undefined>
  /**
   * How it stands now, said at a resource or at the token endpoint. Never `paused`: that throws.
   * @throws AccessWithheld — when its person paused it, or an administrator stopped its client or every agent.
   */
  judge(live: LiveGrant, now: Date, at: Place): Standing | Promise<Standing>
  /** @throws AccessWithheld — when this client, or every agent, is stopped. */
  checkClient(clientId: string): Promise<void>
}
type Place = 'resource' | 'token'

export function createGrantLife(deps: {
  live: LiveGrants
  stops: Stops
  clock: Clock
  /** Milliseconds a grant may stay unused; null: for ever. */
  idleMs: number | null
}): GrantLife {
  const { live: grants, stops, clock, idleMs } = deps

  const judge = (live: LiveGrant, now: Date, stopped: Stopped, at: Place): Standing => {
    const standing = standingOf(live, now, idleMs)
    if (standing === 'over') return standing
    const stop = stopped.size === 0 ? undefined : stopOf(stopped, clientsOf(live))
    if (stop) throw new AccessWithheld(stoppedBecause(stop), at)
    if (standing === 'paused') throw pausedByPerson(at)
    return standing
  }

  return {
    async find(id) {
      const live = await grants.find(id)
      const now = clock.now()
      for (let one = live ?? null; one; one = one.parent) {
        if (isIdle(one, now, idleMs)) return grants.findAnew(id)
      }
      return live
    },
    judge(live, now, at) {
      const known = stops.known()
      // Nearly always known, and then this costs no promise.
      return known
        ? judge(live, now, known, at)
        : stops.read().then((stopped) => judge(live, now, stopped, at))
    },
    async checkClient(clientId) {
      const stop = stopOf(stops.known() ?? (await stops.read()), [clientId])
      if (stop) throw new AccessWithheld(stoppedBecause(stop), 'token')
    },
  }
}

export function pausedByPerson(at: Place): AccessWithheld {
  return new AccessWithheld(
    'The person who connected this app has paused it. It can go on once they resume it.',
    at,
  )
}

function stoppedBecause({ client }: Stop): string {
  return client === null
    ? 'An administrator has stopped all agents for now. Tell the person; try again only when that is lifted.'
    : 'An administrator has stopped this app for now. Tell the person; try again only when that is lifted.'
}
