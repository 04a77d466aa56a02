import type { Id, MemberId, SessionId } from '#foundation'
import type { MemberRole, SecondFactorRule } from '#contract'

export type IdentityTables = {
  member: {
    id: MemberId
    name: string
    email: string
    role: MemberRole
    active: boolean
    /** Null for who joined through a provider and never chose one. */
    password_hash: string | null
    created_at: Date
    password_changed_at: Date | null
  }
  session: {
    id: SessionId
    secret_hash: string
    member_id: MemberId
    device: string
    ip: string
    started_at: Date
    last_seen_at: Date
    /** How she proved who she is, separated by spaces. */
    methods: string
    /** The provider she came through, as people call it. */
    provider: string | null
    confirmed_at: Date
    new_device: boolean
  }
  device: { member_id: MemberId; secret_hash: string; last_seen_at: Date }
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
  ceremony: {
    key_hash: string
    kind: string
    browser_hash: string
    member_id: MemberId | null
    sealed: string
    expires_at: Date
  }
  totp: { member_id: MemberId; sealed_secret: string; last_step: number; confirmed_at: Date }
  totp_draft: { member_id: MemberId; sealed_secret: string; created_at: Date }
  recovery_code: { member_id: MemberId; code_hash: string }
  passkey: {
    id: Id<'psk'>
    credential_id: string
    member_id: MemberId
    name: string
    /** COSE, base64url. */
    public_key: string
    counter: number
    transports: string
    synced: boolean
    created_at: Date
    last_used_at: Date | null
  }
  sign_in_rule: { one: boolean; second_factor: SecondFactorRule }
  provider_link: { issuer: string; subject: string; member_id: MemberId; email: string; linked_at: Date }
  joining_domain: { domain: string; provider: string; joins: boolean; links: boolean }
}
