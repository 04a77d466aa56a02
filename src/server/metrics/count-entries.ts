import type { Counter } from 'prom-client'
import type { AuditEntry } from '#audit'

type MakeCounter = <L extends string>(name: string, help: string, labels?: readonly L[]) => Counter<L>

/** A word of ours: an event, a code of an RFC. Anything else in an entry may be somebody's. */
const word = /^[a-z][a-z0-9_.]{0,47}$/
const mostWords = 200

/**
 * Counts what the record tells, so that what is audited and what is measured can't disagree. Labels are our own words
 * alone: no person, client, address, record or tool.
 */
export function countEntries(counter: MakeCounter): (entry: AuditEntry) => void {
  const entries = counter('audit_entries_total', 'Entries of the record', ['event', 'outcome'])
  const signIns = counter('sign_ins_total', 'Sign-ins of people', ['outcome'])
  const refusals = counter('refusals_total', 'What was refused, and the code of why', ['what', 'reason'])
  const toolCalls = counter('tool_calls_total', 'Tools called by agents', ['upstream', 'outcome'])
  const devices = counter('device_codes_total', 'Devices that asked for access', ['outcome'])
  const grants = counter('grants_total', 'Given and ended', ['what'])
  const limits = counter('rate_limits_reached_total', 'Windows that somebody used up', ['limit'])
  const credentials = counter('credential_changes_total', 'In the vault', ['what'])
  const dropped = counter('audit_dropped_total', 'Entries that came faster than they could be written')
  const known = new Set<string>()

  /** No label grows without bound, whatever words an entry might come to hold. */
  const bounded = (value: unknown): string => {
    if (typeof value !== 'string' || !word.test(value)) return 'other'
    if (!known.has(value) && known.size >= mostWords) return 'other'
    known.add(value)
    return value
  }
  const also: Record<string, (entry: AuditEntry) => void> = {
    'session.started': () => signIns.inc({ outcome: 'ok' }),
    'session.refused': () => signIns.inc({ outcome: 'refused' }),
    'tool.called': ({ subject, outcome, detail }) =>
      toolCalls.inc({ upstream: upstreamOf(subject?.id), outcome }, Number(detail?.['calls'] ?? 1)),
    'device.asked': () => devices.inc({ outcome: 'asked' }),
    'device.code_refused': () => devices.inc({ outcome: 'refused' }),
    'grant.given': () => grants.inc({ what: 'given' }),
    'grant.ended': () => grants.inc({ what: 'ended' }),
    'rate_limit.reached': ({ detail }) => limits.inc({ limit: bounded(detail?.['limit']) }),
    'audit.overflowed': ({ detail }) => dropped.inc(Number(detail?.['dropped'] ?? 0)),
  }
  return (entry) => {
    const event = bounded(entry.event)
    entries.inc({ event, outcome: entry.outcome })
    also[event]?.(entry)
    if (event.startsWith('credential.')) credentials.inc({ what: event.slice('credential.'.length) })
    if (entry.outcome === 'refused' && event !== 'tool.called' && event !== 'rate_limit.reached')
      refusals.inc({
        what: event,
        reason: bounded(entry.detail?.['error'] ?? entry.detail?.['code'] ?? 'other'),
      })
  }
}

/** `hubspot/search` is the upstream's; a tool without a slash is Tandem's own. The name before it is an administrator's. */
function upstreamOf(tool: string | undefined): string {
  return /^([a-z][a-z0-9-]{0,31})\//.exec(tool ?? '')?.[1] ?? 'tandem'
}
