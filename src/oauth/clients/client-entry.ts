import type { AuditEntry } from '#audit'
import type { MemberId } from '#foundation'
import type { Client } from './client.ts'

/** Who changes what is known of clients. */
export type By = { actor: AuditEntry['actor']; member?: MemberId; ip?: string }

/** What somebody did to a client. */
export function clientEntry(
  event: string,
  { id, name }: Pick<Client, 'id' | 'name'>,
  { actor, ip }: By,
  detail: NonNullable<AuditEntry['detail']> = {},
): AuditEntry {
  return {
    event,
    outcome: 'ok',
    actor,
    subject: { kind: 'client', id, name },
    ...(ip === undefined ? {} : { ip }),
    detail,
  }
}
