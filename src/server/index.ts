/** Puts everything together and owns lifetimes. */
export { createTandem } from './create-tandem.ts'
export type { Tandem, TandemOptions } from './create-tandem.ts'
export { makeBackup } from './backup/make-backup.ts'
export { restoreBackup } from './backup/restore-backup.ts'
export { openAdmin } from './control/open-admin.ts'
export type { Admin } from './control/open-admin.ts'
export { tandemMigrations } from './compose.ts'
export { serveTwenty } from './serve-twenty.ts'
