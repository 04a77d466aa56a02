import { z } from 'zod'

const domain = z
  .string()
  .toLowerCase()
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/, 'is no domain')

const loopback = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/

const provider = z
  .strictObject({
    /** In addresses of ours, so it stays: the redirect URI to register there is `<TANDEM_URL>/api/sign-in/<name>/callback`. */
    name: z.string().regex(/^[a-z0-9-]{1,30}$/, 'may hold a-z, 0-9 and dashes'),
    preset: z.enum(['google', 'microsoft', 'clerk', 'okta']).optional(),
    /** What people read on the button. */
    label: z.string().min(1).max(40).optional(),
    issuer: z
      .url()
      .refine((url) => url.startsWith('https:') || loopback.test(url), 'must be https')
      .optional(),
    clientId: z.string().min(1).max(500),
    clientSecret: z.string().min(1).max(500),
    /** E-mail domains whose people may come in this way; none named: all. */
    domains: z.array(domain).default([]),
  })
  .superRefine(({ preset, issuer }, context) => {
    if (preset === 'google') return
    if (issuer === undefined)
      context.addIssue({ code: 'custom', message: 'needs an issuer', path: ['issuer'] })
    // Whose issuer is a template, shared by tenants that each say what they like (nOAuth).
    else if (/\/\/login\.microsoftonline\.com\/(common|organizations|consumers)\b/.test(issuer))
      context.addIssue({ code: 'custom', message: 'must name one tenant', path: ['issuer'] })
  })

/** `TANDEM_SIGN_IN_WITH`: OpenID providers people may sign in with, as JSON in the environment. */
export const signInProviders = z
  .unknown()
  .transform((given, context): unknown => {
    if (typeof given !== 'string') return given
    try {
      return JSON.parse(given || '[]')
    } catch {
      context.addIssue({ code: 'custom', message: 'is not valid JSON' })
      return z.NEVER
    }
  })
  .pipe(z.array(provider).max(10))
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names one provider twice')

export type SignInProvider = z.infer<typeof provider>
