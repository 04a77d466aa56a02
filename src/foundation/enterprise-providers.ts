import { z } from 'zod'
import { jsonList } from './json-list.ts'

const provider = z
  .strictObject({
    /** `iss` of its assertions, byte for byte. */
    issuer: z.string().min(1).max(500),
    jwks_uri: z.url({ protocol: /^https$/ }).optional(),
    jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) }).optional(),
    /** Domains whose addresses name members here. None: only people who signed in with this provider are known by it. */
    email_domains: z.array(z.string().toLowerCase().min(1).max(253)).max(100).default([]),
    /** `tenant` of its assertions, for providers that serve many. */
    tenant: z.string().min(1).max(500).optional(),
  })
  .refine(({ jwks, jwks_uri }) => (jwks === undefined) !== (jwks_uri === undefined), {
    message: 'Name jwks or jwks_uri, one of them',
  })

/** `TANDEM_ENTERPRISE_IDPS`: identity providers whose assertions (ID-JAG) let apps in for members. */
export const enterpriseProviders = jsonList(provider, 20)
