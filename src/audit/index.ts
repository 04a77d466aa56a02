/** The append-only, hash-chained record of what happened. */
export type { Audit, AuditEntry, AuditFilter, Checkpoint, ListedEntry } from './audit.ts'
export { createAudit } from './create-audit.ts'
export { auditMigrations } from './migrations.ts'
