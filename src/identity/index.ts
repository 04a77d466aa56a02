/** People, sessions, sign-in, invitations; turns a session or a verified token into an Actor. */
export type { Actor, AgentActor, MemberActor, SystemActor } from './actor.ts'
