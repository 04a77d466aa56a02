import type { Audit } from '#audit'
import type { Meters } from './meters.ts'

/** The same record, with each entry counted as it is written. A transaction that runs again counts again. */
export function countingAudit(audit: Audit, meters: Meters): Audit {
  return {
    ...audit,
    record(tx, entry) {
      meters.entry(entry)
      return audit.record(tx, entry)
    },
    note(entry) {
      meters.entry(entry)
      audit.note(entry)
    },
    row(entry) {
      meters.entry(entry)
      return audit.row(entry)
    },
  }
}
