import { z } from 'zod'

const email = z
  .email()
  .max(254)
  .transform((v) => v.toLowerCase())
/** NIST SP 800-63B §5.1.1.2: length is what counts; no composition rules. */
const password = z.string().min(12, 'Use at least 12 characters').max(256)
const name = z.string().trim().min(1, 'Say what people call you').max(120)

export const setupInput = z.strictObject({
  token: z.string().max(200),
  name,
  email,
  password,
  demo: z.boolean().default(false),
})
export const signInInput = z.strictObject({
  email,
  password: z.string().min(1).max(256),
  /** Of a provider whose account is hers too (see ProviderView). */
  link: z.string().min(1).max(100).optional(),
})
export const inviteInput = z.strictObject({ email, role: z.enum(['administrator', 'member']) })
export const acceptInput = z.strictObject({ token: z.string().max(200), name, password })

export type MemberRole = 'administrator' | 'member'
export type MemberView = { id: string; name: string; email: string; role: MemberRole }
/** A member as the list of members shows her. `secondFactor` is said to administrators only. */
export type ListedMemberView = MemberView & { active: boolean; secondFactor?: boolean }
export type SessionView = {
  id: string
  current: boolean
  startedAt: string
  lastSeenAt: string
  device: string
  ip: string
  /** How she proved who she is: `Password and authenticator app`. */
  signedInWith: string
  /** Nobody signed in as her on this device before, and she hasn't said that it was her. */
  newDevice: boolean
}
export type InvitationView = {
  id: string
  email: string
  role: MemberRole
  expiresAt: string
  invitedBy: string
}

/** What the web app asks first. */
export type Bootstrap =
  | { state: 'first-run' }
  | { state: 'signed-out' }
  | { state: 'signed-in'; member: MemberView; issuer: string }
