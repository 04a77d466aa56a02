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
