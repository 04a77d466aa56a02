import { z } from 'zod'

/** The last part of the resource's address, `<origin>/mcp/<name>`, and what its scopes begin with. */
export const upstreamName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'is lower-case letters, digits and hyphens, beginning with a letter')

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'is no name of a header')

/** How Tandem proves itself to the upstream. The caller's own token never travels on. */
export const upstreamAuth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** One secret for everybody; its value is in the vault. */
  z.strictObject({ kind: z.literal('header'), header: headerName }),
  /** Each person's own key; `prefix` comes before it in the header. */
  z.strictObject({
    kind: z.literal('key'),
    header: headerName.default('Authorization'),
    prefix: z.string().max(20).default('Bearer '),
  }),
  /** Each person signs in there; Tandem is the OAuth client. A client made there by hand, else discovery decides. */
  z.strictObject({
    kind: z.literal('oauth'),
    clientId: z.string().min(1).max(600).optional(),
    scopes: z.array(z.string().min(1).max(100)).max(50).optional(),
  }),
])
export type UpstreamAuth = z.infer<typeof upstreamAuth>

/** What holds for every call to an upstream. */
export const upstreamLimits = z.strictObject({
  /** Seconds until the answer begins. */
  timeoutSeconds: z.number().int().min(1).max(600).default(60),
  /** Bytes of one answer; a stream's events are counted one by one. */
  answerBytes: z
    .number()
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(8 * 1024 * 1024),
  /** Calls under way at once, of everybody and of one person. */
  atOnce: z.number().int().min(1).max(1000).default(64),
  atOnceEach: z.number().int().min(1).max(100).default(8),
  /** Calls a minute of one grant; absent: as everywhere. */
  callsPerMinute: z.number().int().min(1).max(1_000_000).optional(),
})
export type UpstreamLimits = z.infer<typeof upstreamLimits>

export const upstreamKinds = ['http', 'stdio', 'twenty'] as const
export type UpstreamKind = (typeof upstreamKinds)[number]

const common = {
  name: upstreamName,
  title: z.string().trim().min(1).max(80),
  auth: upstreamAuth,
  limits: upstreamLimits.prefault({}),
}
const address = z.string().url().max(2000)

/** A new upstream. `http` and `twenty` have an address; `stdio` names one of the operator's own (TANDEM_STDIO_SERVERS). */
export const newUpstreamInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('http'), url: address, ...common }),
  z.strictObject({ kind: z.literal('stdio'), server: z.string().min(1).max(64), ...common }),
  z.strictObject({
    kind: z.literal('twenty'),
    url: address,
    /** Other workspaces' addresses that people's keys may be for. */
    baseUrls: z.array(address).max(20).default([]),
    ...common,
  }),
])
export type NewUpstreamInput = z.infer<typeof newUpstreamInput>

/** A secret to prove oneself with: everybody's (`header`), or the administrator's own (`key`) to look with. */
export const upstreamSecret = z
  .string()
  .min(1)
  .max(8000)
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'has characters that no header takes')

/**
 * What an administrator changes. A new address or another kind of sign-in makes it another upstream: what was granted
 * for it ends, its credentials go, its tools are looked at again.
 */
export const changeUpstreamInput = z.strictObject({
  title: common.title.optional(),
  url: address.optional(),
  baseUrls: z.array(address).max(20).optional(),
  server: z.string().min(1).max(64).optional(),
  auth: upstreamAuth.optional(),
  limits: upstreamLimits.optional(),
  ipAllowlist: z.array(z.string().trim().min(1).max(64)).max(200).optional(),
  enabled: z.boolean().optional(),
  /** `header`: the one secret for everybody; null takes it away. Never shown again. */
  credential: upstreamSecret.nullable().optional(),
})
export type ChangeUpstreamInput = z.infer<typeof changeUpstreamInput>

export const addUpstreamInput = z.strictObject({
  upstream: newUpstreamInput,
  credential: upstreamSecret.optional(),
})

/** What becomes of tools. A fingerprint says which definition was looked at: another one is not accepted with it. */
export const decideToolsInput = z.strictObject({
  tools: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(128),
        decision: z.enum(['accept', 'decline']),
        fingerprint: z.string().min(1).max(64),
      }),
    )
    .min(1)
    .max(1000),
})
export const setToolInput = z.strictObject({
  name: z.string().min(1).max(128),
  allowed: z.boolean().optional(),
  access: z.enum(['read', 'write']).optional(),
})

/** One thing that differs between the definition that was accepted and the one that waits. */
export type ToolDifference = { what: string; before: string; after: string }

export type UpstreamToolView = {
  name: string
  title: string | null
  description: string
  /**
   * `new`: nobody accepted it yet. `changed`: agents use the accepted one while another waits. `declined`: what it says
   * now was looked at and not taken. `gone`: the upstream doesn't offer it any more.
   */
  state: 'new' | 'accepted' | 'changed' | 'declined' | 'gone'
  access: 'read' | 'write'
  allowed: boolean
  /** What agents see; null while none was accepted. */
  accepted: Record<string, unknown> | null
  /** What the upstream says now, where that is another. */
  waiting: {
    fingerprint: string
    definition: Record<string, unknown>
    differences: ToolDifference[]
    /** Sentences: what about it looks like an attack. */
    warnings: string[]
  } | null
  acceptedAt: string | null
}

export type UpstreamHealth = {
  state: 'well' | 'trouble' | 'unchecked' | 'off'
  /** ISO time since when it is so. */
  since: string | null
  checkedAt: string | null
  /** What went wrong, for administrators. */
  trouble: string | null
}

export type UpstreamView = {
  id: string
  name: string
  title: string
  kind: UpstreamKind
  url: string | null
  server: string | null
  baseUrls: string[]
  auth: UpstreamAuth
  limits: UpstreamLimits
  ipAllowlist: string[]
  enabled: boolean
  /** What clients connect to. */
  resource: string
  createdAt: string
  changedAt: string
  health: UpstreamHealth
  counts: { allowed: number; accepted: number; waiting: number }
}
export type UpstreamDetail = UpstreamView & {
  tools: UpstreamToolView[]
  /** What it offers that can't be passed on, and why. */
  leftOut: string[]
  /** `header`: whether its secret is there. Null where people bring their own, or nobody needs one. */
  credential: { updatedAt: string; broken: string | null } | null
  /** Live grants that end when it is removed or moves. */
  liveGrants: number
}

/** What agents would see of an upstream that isn't added yet. */
/** Something that agents connect to here: Tandem itself, or what stands behind it. */
export type McpAddress = { name: string; title: string; url: string }

export type UpstreamTrial = {
  /** Null when it answered. */
  trouble: string | null
  /** True when it wants to know who asks before it lists its tools. */
  needsCredential: boolean
  tools: { name: string; description: string; access: 'read' | 'write'; warnings: string[] }[]
  leftOut: string[]
}
