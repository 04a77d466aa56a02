/** The CRM engine: objects, fields, roles, query, records, changes, search. Knows no HTTP and no OAuth. */
export { CrmError } from './errors.ts'
export type { CrmErrorCode } from './errors.ts'
export type { Crm } from './crm.ts'
