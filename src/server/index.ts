/** Puts everything together and owns lifetimes. */
export { createTandem } from './create-tandem.ts'
export type { Tandem, TandemOptions } from './create-tandem.ts'
export { openAdmin } from './control/open-admin.ts'
export type { Admin } from './control/open-admin.ts'
export { tandemMigrations } from './compose.ts'
