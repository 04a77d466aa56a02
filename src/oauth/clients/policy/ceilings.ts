import type { PolicyCeilings } from '#contract'

/** The most a client gets. Absent members don't narrow; every reader of one only ever takes the smaller. */
export type Ceilings = {
  readonly scopes?: readonly string[]
  readonly resources?: readonly string[]
  /** Seconds. */
  readonly accessSeconds?: number
  readonly refreshIdleHours?: number
  readonly grantDays?: number
  readonly registrationsPerMinute?: number
  readonly unclaimedPerAddress?: number
}

const hour = 60 * 60 * 1000

/** A rule's own, without the members that it leaves open. */
export function ceilingsOf(given: PolicyCeilings): Ceilings {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** What both allow. */
export function narrower(one: Ceilings, other: Ceilings): Ceilings {
  const numbers = [
    'accessSeconds',
    'refreshIdleHours',
    'grantDays',
    'registrationsPerMinute',
    'unclaimedPerAddress',
  ] as const
  const scopes = both(one.scopes, other.scopes)
  const resources = both(one.resources, other.resources)
  const least = numbers.flatMap((name) => {
    const values = [one[name], other[name]].filter((value) => value !== undefined)
    return values.length > 0 ? [[name, Math.min(...values)] as const] : []
  })
  return { ...Object.fromEntries(least), ...(scopes && { scopes }), ...(resources && { resources }) }
}

function both(one: readonly string[] | undefined, other: readonly string[] | undefined) {
  return one && other ? one.filter((item) => other.includes(item)) : (one ?? other)
}

/** Of these scopes, those under the ceiling. */
export function allowedScopes({ scopes }: Ceilings, asked: readonly string[]): string[] {
  return asked.filter((scope) => scopes?.includes(scope) ?? true)
}

export function allowsResource({ resources }: Ceilings, resource: string): boolean {
  return resources?.includes(resource) ?? true
}

/** Milliseconds an unused refresh token lives, `usual` at most. */
export function refreshIdle({ refreshIdleHours }: Ceilings, usual: number): number {
  return refreshIdleHours === undefined ? usual : Math.min(usual, refreshIdleHours * hour)
}

/** Days until the grant ends by itself: the person's choice or the ceiling, whichever comes first; null is never. */
export function grantDays({ grantDays: most }: Ceilings, chosen: number | undefined): number | null {
  if (most === undefined) return chosen ?? null
  return Math.min(most, chosen ?? most)
}
