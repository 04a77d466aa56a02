import { addressList } from '#foundation'
import type { AddressList } from '#foundation'
import type { Grant } from './grant.ts'
import type { LiveGrant } from './live-grants.ts'

/** What can be done with a grant now. `over` is for good; the others may pass. */
export type Standing = 'good' | 'provisional' | 'paused' | 'over'

/** The grant and what it was exchanged from: it can do nothing that one of them can't (RFC 8693; design §1). */
function* lineOf(live: LiveGrant): Generator<LiveGrant> {
  for (let one: LiveGrant | null = live; one; one = one.parent) yield one
}

/** How a grant stands, by the whole line it descends from. `idleMs` null: it may stay unused for ever. */
export function standingOf(live: LiveGrant, now: Date, idleMs: number | null): Standing {
  let standing: Standing = 'good'
  for (let one: LiveGrant | null = live; one; one = one.parent) {
    const { grant } = one
    if (grant.status === 'ended' || hasExpired(grant, now) || isIdle(one, now, idleMs)) return 'over'
    if (grant.status === 'provisional') standing = 'provisional'
    else if (grant.pausedAt !== null && standing === 'good') standing = 'paused'
  }
  return standing
}

function hasExpired({ expiresAt }: Pick<Grant, 'expiresAt'>, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now
}

/** True when nobody used it for too long, as far as this process knows: another may know better. */
export function isIdle(live: LiveGrant, now: Date, idleMs: number | null): boolean {
  return idleMs !== null && now.getTime() - live.usedAt > idleMs
}

/** The scopes of a token that its grant, and every grant that one came from, still has: people narrow what is out already. */
export function scopesLeft(live: LiveGrant, scopes: readonly string[]): readonly string[] {
  let left = scopes
  for (const { grant } of lineOf(live)) {
    if (!left.every((scope) => grant.scopes.includes(scope)))
      left = left.filter((scope) => grant.scopes.includes(scope))
  }
  return left
}

/** Details with the objects that every grant of the line reaches. */
export function detailsLeft(live: LiveGrant): Record<string, unknown> {
  let { details } = live.grant
  for (let one = live.parent; one; one = one.parent) {
    const theirs = objectsOf(one.grant.details)
    if (!theirs) continue
    const ours = objectsOf(details)
    details = { ...details, objects: ours ? ours.filter((name) => theirs.includes(name)) : theirs }
  }
  return details
}

/** The objects that details are limited to; null when they aren't. */
export function objectsOf(details: Record<string, unknown>): string[] | null {
  const { objects } = details
  return Array.isArray(objects) ? objects.filter((name) => typeof name === 'string') : null
}

/** Where every grant of the line may be used from; null: anywhere. */
export function callersLeft(live: LiveGrant): AddressList | null {
  const lists = [...lineOf(live)].flatMap(({ grant }) =>
    grant.addresses ? [addressList(grant.addresses)] : [],
  )
  const [first] = lists
  if (!first || lists.length === 1) return first ?? null
  return {
    entries: first.entries,
    includes: (address) => lists.every((list) => list.includes(address)),
    covers: (entry) => lists.every((list) => list.covers(entry)),
  }
}

/** Every client of the line: stopping one of them stops what descends from it. */
export function clientsOf(live: LiveGrant): string[] {
  return [...lineOf(live)].map(({ grant }) => grant.clientId)
}
