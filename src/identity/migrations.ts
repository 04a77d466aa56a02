import type { Migration } from '#storage'
import { identity } from './migrations/0003-identity.ts'
import { signIn } from './migrations/0015-sign-in.ts'

export const identityMigrations: Migration[] = [identity, signIn]
