import type { GrantNarrowing } from '#contract'
import { addressList } from '#foundation'
import type { MemberId } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { DetailsType } from '../ports.ts'
import type { GrantChange } from './grant-store.ts'
import type { Grant } from './grant.ts'
import { objectsOf } from './standing.ts'

/**
 * What a narrowing makes of a grant. It looks at the grant as it is when it is changed, so that two narrowings at once
 * both hold. Never widens: whatever isn't there already is refused.
 * @throws OAuthError — with a sentence for the person.
 */
export async function narrowing(
  details: DetailsType,
  member: MemberId,
  { scopes, objects, addresses, until }: GrantNarrowing,
  now: Date,
): Promise<(grant: Grant) => GrantChange | undefined> {
  const limited = objects && (await details.narrow(member, { objects }))
  if (typeof limited === 'string') throw refused(limited)
  const callers = addresses && readAddresses(addresses)
  const ends = until === undefined ? undefined : new Date(until)
  if (ends && ends <= now) throw refused('Choose a day to come, or end the access')
  return (grant) => {
    if (scopes && !scopes.every((scope) => grant.scopes.includes(scope))) {
      throw refused('A permission that the app has can be taken away; none can be added here')
    }
    const reached = objectsOf(grant.details)
    if (objects && reached && !objects.every((name) => reached.includes(name))) {
      throw refused('Kinds of records can be taken away; none can be added here')
    }
    if (ends && grant.expiresAt && ends > grant.expiresAt) {
      throw refused('The end date can be brought forward, not put off')
    }
    const known = grant.addresses && addressList(grant.addresses)
    if (callers && known && !callers.every((entry) => known.covers(entry))) {
      throw refused('Addresses can be taken away; none can be added here')
    }
    return {
      narrowedAt: now,
      // In the order in which they were given: the words on the page stay where they were.
      ...(scopes && { scopes: grant.scopes.filter((scope) => scopes.includes(scope)) }),
      ...(limited && { details: { ...grant.details, ...limited } }),
      ...(callers && { addresses: callers }),
      ...(ends && { expiresAt: ends }),
    }
  }
}

function readAddresses(given: readonly string[]): readonly string[] {
  try {
    return addressList([...new Set(given)]).entries
  } catch (error) {
    throw refused(error instanceof RangeError ? `${error.message}. Write 192.0.2.7 or 2001:db8::/32` : '')
  }
}

function refused(why: string): OAuthError {
  return new OAuthError('invalid_request', why)
}
