import type { GrantId, MemberId, SessionId } from '#foundation'
import type { Limits, MemberRole } from '#contract'

/** Who is acting now (design §1). Every domain function takes one first. */
export type Actor = MemberActor | AgentActor | SystemActor

export type MemberActor = {
  kind: 'member'
  member: MemberId
  name: string
  role: MemberRole
  session: SessionId
}

/** An agent under a grant: its rights are its person's role, narrowed by scopes and limits. */
export type AgentActor = {
  kind: 'agent'
  /** The person who gave the grant. */
  member: MemberId
  name: string
  role: MemberRole
  grant: GrantId
  client: string
  clientName: string
  scopes: readonly string[]
  limits: Limits
}

export type SystemActor = { kind: 'system'; name: string }
