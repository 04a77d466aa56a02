import type { AuditEntry } from '#audit'
import type { Client } from '../clients/client.ts'
import type { From } from '../endpoint.ts'

/** The audit entry of a new grant; what the statement that makes it knows is added there. */
export function givenEntry(client: Client, grant: string, from: From): AuditEntry {
  return {
    event: 'grant.given',
    outcome: 'ok',
    actor: { kind: 'client', id: client.id, name: client.name },
    subject: { kind: 'grant', id: grant, name: client.name },
    ip: from.ip,
  }
}
