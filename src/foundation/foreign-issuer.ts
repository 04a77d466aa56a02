import { z } from 'zod'

const loopback = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/
const address = z
  .url()
  .refine((text) => text.startsWith('https://') || loopback.test(text), 'must be https, or this computer')
  .refine((text) => !/[?#]/.test(text), 'has no query and no fragment')
const domain = z
  .string()
  .toLowerCase()
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/, 'is no domain')
const scopeName = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'is no scope name')

const foreignIssuer = z
  .strictObject({
    /** `iss`, byte for byte (RFC 8414 §3.3). */
    issuer: address
      // Whose issuer is a template, shared by tenants that each say what they like.
      .refine((text) => !/\/(common|organizations|consumers)(\/|$)/.test(text), 'must name one tenant'),
    /** Its keys; absent: where its metadata says. */
    jwks_uri: address.optional(),
    /** Ask about each token instead (RFC 7662): the only way for tokens that aren't signed. */
    introspection: z
      .strictObject({ url: address, client_id: z.string().min(1), client_secret: z.string().min(16) })
      .optional(),
    /** What `aud` must hold; absent: the address that was called. */
    audience: z.string().min(1).max(500).optional(),
    /** Clients whose tokens may come without `aud`: their servers don't write one. */
    clients: z.array(z.string().min(1).max(500)).min(1).max(200).optional(),
    /** `typ` of its access tokens. `JWT` is what ID tokens have too: only with an audience. */
    type: z.enum(['at+jwt', 'JWT']).default('at+jwt'),
    /** E-mail domains whose verified addresses name members. */
    email_domains: z.array(domain).default([]),
    /** What its scopes mean here; `*:read` is every upstream's. */
    scopes: z
      .record(scopeName, z.array(scopeName).min(1))
      .default({ 'twenty:read': ['crm:read', '*:read'], 'twenty:write': ['crm:write', '*:write'] }),
  })
  .refine(({ type, audience, clients }) => type !== 'JWT' || (audience !== undefined && !clients), {
    message: 'type JWT needs an audience of the API’s own: ID tokens look the same',
  })
export type ForeignIssuer = z.infer<typeof foreignIssuer>

/** `TANDEM_AUTHORIZATION_SERVER`: whose tokens count in place of Tandem's own, as JSON in the environment. */
export const authorizationServer = z
  .unknown()
  .transform((given, context): unknown => {
    if (typeof given !== 'string') return given
    try {
      return JSON.parse(given)
    } catch {
      context.addIssue({ code: 'custom', message: 'is not valid JSON' })
      return z.NEVER
    }
  })
  .pipe(foreignIssuer)
