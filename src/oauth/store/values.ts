import type { Audit, AuditEntry } from '#audit'
import { sql } from '#storage'
import type { RawBuilder } from '#storage'

// In `insert … select` a parameter has no column to take its type from, so each says its own.
export const text = (value: string | null) => sql`cast(${value} as text)`
export const time = (value: Date | null) => sql`cast(${value} as timestamptz)`
export const optionalJson = (value: unknown) =>
  sql`cast(${value === undefined ? null : JSON.stringify(value)} as jsonb)`
export const json = (value: unknown) => sql`cast(${JSON.stringify(value)} as jsonb)`

/** The audit entry of a statement, written exactly when `from` has its row. `more` adds what only the row knows. */
export function auditRow(
  audit: Audit,
  entry: AuditEntry,
  from: RawBuilder<unknown>,
  more?: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const { id, at, body } = audit.row(entry)
  const whole = sql`cast(${body} as jsonb)`
  return sql`insert into audit_inbox (id, at, body)
    select ${text(id)}, ${time(at)}, ${more ? sql`${whole} || ${more}` : whole} from ${from} returning id`
}
