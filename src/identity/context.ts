import type { Audit, AuditEntry } from '#audit'
import type { Clock, Log, MemberId, RateLimit } from '#foundation'
import type { Kysely, Storage, Transaction } from '#storage'
import { hashSecret } from '#foundation'
import type { MemberActor } from './actor.ts'
import type { Cookies } from './cookie.ts'
import { IdentityError } from './errors.ts'
import type { IdentityTables } from './tables.ts'

/** What every part of identity works with. */
export type Context = {
  storage: Storage
  audit: Audit
  clock: Clock
  log: Log
  issuer: string
  cookies: Cookies
  /** Keys derived from the install's secret, one per purpose. */
  keys: { ceremony: Buffer; totp: Buffer; recovery: Buffer }
}
export type Tx = Transaction<IdentityTables>

/** Audit and storage take a handle of no tables: they bring their own. */
export function untyped(tx: Tx): Kysely<never> {
  return tx as unknown as Kysely<never>
}

export function record({ audit }: Context, tx: Tx, entry: AuditEntry): Promise<void> {
  return audit.record(untyped(tx), entry)
}

export function memberIn(audit: { id: string; name: string }): AuditEntry['actor'] {
  return { kind: 'member', id: audit.id, name: audit.name }
}

/** The signed-in member as the actor of an audit entry. */
export function byMember(actor: { member: MemberId; name: string }): AuditEntry['actor'] {
  return memberIn({ id: actor.member, name: actor.name })
}

export function requireAdministrator(actor: MemberActor): void {
  if (actor.role !== 'administrator') {
    throw new IdentityError('forbidden', 'Only an administrator can do this')
  }
}

/** Counts a try under each key before it is made, so that tries at once can't slip past. */
export async function countTry(context: Context, tries: { key: string; rate: RateLimit }[]): Promise<void> {
  for (const { key, rate } of tries) {
    const decision = await context.storage.rateLimiter.take(`identity:${key}`, rate)
    if (decision.allowed) continue
    const minutes = Math.ceil(decision.reset / 60)
    throw new IdentityError(
      'too_many_tries',
      `Too many tries. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`} and try again`,
      decision.reset,
    )
  }
}

/** Rate keys hold no addresses: the table that counts isn't a list of who has an account. */
export const keyOf = (text: string): string => hashSecret(text).slice(0, 22)
