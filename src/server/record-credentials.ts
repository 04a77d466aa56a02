import type { Audit } from '#audit'
import type { VaultRecord } from '#vault'

/** The vault's changes in the audit record: whose, for which upstream, never what. */
export function recordCredentials(audit: Audit): VaultRecord {
  return (tx, event, { member, upstream }, by) =>
    audit.record(tx, {
      event,
      outcome: event === 'credential.broken' ? 'failed' : 'ok',
      actor:
        by.kind === 'member'
          ? { kind: 'member', id: by.member, name: by.name }
          : { kind: 'system', name: by.name },
      subject: { kind: 'upstream', id: upstream },
      ...(by.kind === 'member' && by.ip !== undefined ? { ip: by.ip } : {}),
      detail: { of: member ?? 'everybody' },
    })
}
