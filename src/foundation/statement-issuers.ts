import { z } from 'zod'

const https = z.url({ protocol: /^https$/ })
const issuer = z
  .strictObject({
    issuer: z.string().min(1).max(500),
    jwks_uri: https.optional(),
    jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) }).optional(),
  })
  .refine(({ jwks, jwks_uri }) => (jwks === undefined) !== (jwks_uri === undefined), {
    message: 'Name jwks or jwks_uri, one of them',
  })

/** `TANDEM_STATEMENT_ISSUERS`: who may vouch for clients by software statements (RFC 7591 §2.3), as JSON in the environment. */
export const statementIssuers = z
  .union([
    z.array(z.unknown()),
    z.string().transform((text, context) => {
      try {
        return JSON.parse(text || '[]') as unknown
      } catch {
        context.addIssue({ code: 'custom', message: 'is not valid JSON' })
        return z.NEVER
      }
    }),
  ])
  .pipe(z.array(issuer).max(50))
