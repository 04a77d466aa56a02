/** The CRM engine: objects, fields, roles, query, records, changes, search. Knows no HTTP and no OAuth. */
export { createCrm } from './create-crm.ts'
export type { CrmDependencies } from './create-crm.ts'
export { crmMigrations } from './migrations.ts'
export { CrmError } from './errors.ts'
export type { CrmErrorCode } from './errors.ts'
export type { Crm } from './crm.ts'
/** A grant's limits, read back from its authorization details. Fails closed. */
export { parseLimits } from './roles/limits.ts'
/** The event that says which records changed, after the commit: `changeSet`, `objects`, `ids`. */
export { recordsChanged } from './changes/engine.ts'
/** Brings what another system has into ours, once and again. */
export { createImporter } from './import/create-importer.ts'
export type { Importer, ImportResult, ImportState } from './import/importer.ts'
export type { NewField, SchemaDefinition } from './objects/definition.ts'
