import type { Migration } from '#storage'
import { crmTables } from './migrations/0006-crm.ts'

export const crmMigrations: Migration[] = [crmTables]
