import type { AuditEntry } from '#audit'
import { RecentMap, newId } from '#foundation'
import type { CameFrom, Clock, GrantId } from '#foundation'
import { OAuthError } from '../errors.ts'
import { checkCallers } from './check-callers.ts'
import { pausedByPerson } from './grant-life.ts'
import type { GrantLife } from './grant-life.ts'
import type { Grant, GrantTerms } from './grant.ts'
import { callersLeft } from './standing.ts'
import type { Slot, SlotStore } from './slots.ts'

/**
 * The live grant of a slot, made when there is none, or why there can't be one. Throws AccessWithheld when it, or
 * another one of its group, is paused or stopped, access_denied where it may not be used from there, and invalid_scope when nothing new is given beside a narrowed one.
 */
export type EnsureGrant = (
  slot: Slot,
  terms: () => Promise<GrantTerms>,
  entryOf: (grant: GrantId) => AuditEntry,
  from: CameFrom,
) => Promise<{ grant: Grant; made: boolean } | 'closed' | 'orphaned'>

const most = 10_000

/** A slot's grant is remembered, so that a machine's next token costs no query; its life is asked each time. */
export function createEnsureGrant(deps: { slots: SlotStore; life: GrantLife; clock: Clock }): EnsureGrant {
  const { slots, life, clock } = deps
  const known = new RecentMap<string, GrantId>(most)
  return async (slot, terms, entryOf, from) => {
    const id = known.get(slot.key)
    const live = id && (await life.find(id))
    const now = clock.now()
    if (live && (await life.judge(live, now, 'token')) === 'good') {
      checkCallers(callersLeft(live), from)
      return { grant: live.grant, made: false }
    }
    const made = newId('grt')
    const occupied = await slots.occupy(slot, { id: made, at: now, terms: await terms() }, entryOf(made))
    if (occupied === 'paused') throw pausedByPerson('token')
    if (occupied === 'narrowed') {
      throw new OAuthError(
        'invalid_scope',
        'The person took something from the access of this app. Ask for the same as before: what is left of it is given',
      )
    }
    if (typeof occupied === 'string') return occupied
    known.set(slot.key, occupied.grant.id)
    if (occupied.made) return occupied
    // Made by another process: whether it may be used now is asked as for any other.
    const theirs = await life.find(occupied.grant.id)
    const standing = theirs && (await life.judge(theirs, now, 'token'))
    if (!theirs || standing !== 'good') return 'closed'
    checkCallers(callersLeft(theirs), from)
    return occupied
  }
}
