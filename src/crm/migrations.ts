import type { Migration } from '#storage'
import { seedSql } from './objects/seed.ts'
import { standardObjects } from './objects/standard.ts'

export const crmMigrations: Migration[] = [{ name: '0006-crm', sql: seedSql(standardObjects) }]
