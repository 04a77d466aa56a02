import type { Migration } from '#storage'
import { crmTables } from './migrations/0006-crm.ts'
import { viewsAndFiles } from './migrations/0027-views-and-files.ts'
import { importTables } from './migrations/0028-import.ts'

export const crmMigrations: Migration[] = [crmTables, viewsAndFiles, importTables]
