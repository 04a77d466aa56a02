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
export const statementIssuers = z.preprocess((value) => {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value || '[]') as unknown
  } catch {
    return value
  }
}, z.array(issuer, 'It is a JSON list').max(50))
