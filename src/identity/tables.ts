import type { Id, MemberId, SessionId } from '#foundation'
import type { MemberRole } from '#contract'

export type IdentityTables = {
  member: {
    id: MemberId
    name: string
    email: string
    role: MemberRole
    active: boolean
    password_hash: string
    created_at: Date
    password_changed_at: Date
  }
  session: {
    id: SessionId
    secret_hash: string
    member_id: MemberId
    device: string
    ip: string
    started_at: Date
    last_seen_at: Date
  }
  invitation: {
    id: Id<'inv'>
    secret_hash: string
    email: string
    role: MemberRole
    invited_by: MemberId
    created_at: Date
    expires_at: Date
  }
  setup_token: { secret_hash: string; created_at: Date }
  install: { one: boolean; claimed_at: Date | null }
}
