import { desktopClients } from './desktop-clients.ts'
import { hostedClients } from './hosted-clients.ts'
import type { ClientShape } from './shape.ts'

/** The clients people use most, by how they sign in (requirements 7.1). */
export const clientShapes: readonly ClientShape[] = [...hostedClients, ...desktopClients]
