import type { Audit } from '#audit'
import type { VaultRecord } from '#vault'

/** The vault's changes in the audit record: whose, for which upstream, never what. */
export function recordCredentials(
  audit: Audit,
  titleOf: (upstream: string) => string | undefined,
): VaultRecord {
  return (tx, event, { member, upstream }, by) => {
    const title = titleOf(upstream)
    return audit.record(tx, {
      event,
      outcome: event === 'credential.broken' ? 'failed' : 'ok',
      actor:
        by.kind === 'member'
          ? { kind: 'member', id: by.member, name: by.name }
          : { kind: 'system', name: by.name },
      subject: { kind: 'upstream', id: upstream, ...(title !== undefined && { name: title }) },
      ...(by.kind === 'member' && by.ip !== undefined ? { ip: by.ip } : {}),
      detail: { of: member ?? 'everybody' },
    })
  }
}
