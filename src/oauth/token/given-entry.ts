import type { AuditEntry } from '#audit'
import type { Client } from '../clients/client.ts'
import type { From } from '../endpoint.ts'
import type { GrantTerms } from '../grants/grant.ts'

/** The audit entry of a new grant; where the statement that makes it knows the terms, it adds them. */
export function givenEntry(client: Client, grant: string, from: From, terms?: GrantTerms): AuditEntry {
  return {
    event: 'grant.given',
    outcome: 'ok',
    actor: { kind: 'client', id: client.id, name: client.name },
    subject: { kind: 'grant', id: grant, name: client.name },
    ip: from.ip,
    ...(terms && { detail: detailOf(terms) }),
  }
}

function detailOf({ kind, member, resource, scopes, parent }: GrantTerms): NonNullable<AuditEntry['detail']> {
  return { grant_type: kind, member, resource, scope: scopes.join(' '), ...(parent && { parent }) }
}
