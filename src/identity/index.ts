/** People, sessions, sign-in, invitations; turns a session or a verified token into an Actor. */
export type { Actor, AgentActor, MemberActor, SystemActor } from './actor.ts'
export { createIdentity } from './create-identity.ts'
export type { IdentityDependencies } from './create-identity.ts'
export type { Entered, From, Identity, ListedMember, ParseLimits, Started, TokenFacts } from './identity.ts'
export { IdentityError } from './errors.ts'
export type { IdentityErrorCode } from './errors.ts'
export { identityMigrations } from './migrations.ts'
