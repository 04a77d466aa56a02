import { z } from 'zod'
import type { MemberView } from './account.ts'

/** Whom the administrators ask for a second factor. */
export type SecondFactorRule = 'optional' | 'administrators' | 'everyone'
export const secondFactorRules = ['optional', 'administrators', 'everyone'] as const

/** Ways to take the second step. */
export type SecondWay = 'totp' | 'passkey' | 'recovery'

/** What signing in leads to: in, or one more step. The handle works in this browser only, for minutes. */
export type EnteredView =
  | { member: MemberView; recoveryCodes?: string[] }
  | { due: 'second-step'; handle: string; ways: SecondWay[] }
  | { due: 'enrol'; handle: string }

/** A secret for an authenticator app, as text and as the address that its QR code holds. */
export type TotpDraft = { secret: string; uri: string }

const handle = z.string().min(1).max(100)
const code = z.string().trim().min(1).max(40)
const base64url = z.string().regex(/^[\w-]*={0,2}$/)
const passkeyBase = {
  id: base64url.min(1).max(1400),
  rawId: base64url.min(1).max(1400),
  type: z.literal('public-key'),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
}
/** What a browser says when a passkey signed a challenge (WebAuthn §5.1.8, AuthenticationResponseJSON). */
export const passkeyAnswer = z.object({
  ...passkeyBase,
  response: z.object({
    clientDataJSON: base64url.min(1).max(8000),
    authenticatorData: base64url.min(1).max(8000),
    signature: base64url.min(1).max(4000),
    userHandle: base64url.max(200).nullish(),
  }),
})
/** What a browser says when a passkey was made (WebAuthn §5.1.8, RegistrationResponseJSON). */
export const newPasskeyAnswer = z.object({
  ...passkeyBase,
  response: z.object({
    clientDataJSON: base64url.min(1).max(8000),
    attestationObject: base64url.min(1).max(64_000),
    transports: z.array(z.string().max(40)).max(10).default([]),
  }),
})
export type PasskeyAnswer = z.infer<typeof passkeyAnswer>
export type NewPasskeyAnswer = z.infer<typeof newPasskeyAnswer>

/** How somebody proves that it is her. */
export const proof = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('totp'), code }),
  z.strictObject({ kind: z.literal('recovery'), code }),
  z.strictObject({ kind: z.literal('passkey'), answer: passkeyAnswer }),
  z.strictObject({ kind: z.literal('password'), password: z.string().min(1).max(256) }),
])
export type Proof = z.infer<typeof proof>

export const secondStepInput = z.strictObject({ handle, proof })
export const handleInput = z.strictObject({ handle })
export const enrolInput = z.strictObject({ handle, code })
export const codeInput = z.strictObject({ code })
export const confirmInput = z.strictObject({ proof })
export const passkeySignInInput = z.strictObject({ answer: passkeyAnswer, link: handle.optional() })
export const passkeyName = z.string().trim().min(1, 'Give it a name').max(60)
export const newPasskeyInput = z.strictObject({ name: passkeyName, answer: newPasskeyAnswer })

export type PasskeyView = {
  id: string
  name: string
  /** Kept by a password manager or an account, not by one device. */
  synced: boolean
  createdAt: string
  lastUsedAt: string | null
}

/** Why signing in through a provider didn't work. */
export type ProviderProblem =
  | 'over' // too long ago, used, or begun in another browser
  | 'denied' // she or the provider said no
  | 'failed' // the provider's answer doesn't hold, or it can't be reached
  | 'email_unverified'
  | 'domain'
  | 'nobody' // no member has the address, and its domain doesn't join by itself
  | 'disabled'
  | 'linked' // the account is another member's, or she has another one there

/** A provider people may sign in with. `name` is its name in the settings, `label` what people call it. */
export type ProviderView = { name: string; label: string }

/** How the signed-in member proves who she is. */
export type SecurityView = {
  hasPassword: boolean
  totp: { since: string } | null
  recoveryCodes: number
  passkeys: PasskeyView[]
  /** Passkeys need a name, not a bare IP address, in this install's own address (WebAuthn §5.1.3). */
  passkeysAvailable: boolean
  providers: (ProviderView & { linked: { email: string; since: string } | null })[]
  /** The administrators ask her for a second factor. */
  required: boolean
}

/** The administrators' rules for signing in. */
export type SignInRules = {
  secondFactor: SecondFactorRule
  providers: ProviderView[]
  domains: JoiningDomain[]
}
/** What a provider's word is worth for addresses of a domain. */
export type JoiningDomain = {
  domain: string
  provider: string
  /** People with such an address may join by themselves, as members. */
  joins: boolean
  /** Existing members with such an address are recognised without signing in once with what they had. */
  links: boolean
}
export const rulesInput = z.strictObject({ secondFactor: z.enum(secondFactorRules) })
export const joiningDomainInput = z.strictObject({
  domain: z
    .string()
    .trim()
    .toLowerCase()
    .max(253)
    .regex(
      /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/,
      'Write a domain such as acme.example',
    ),
  provider: z.string().min(1).max(60),
  joins: z.boolean(),
  links: z.boolean(),
})
