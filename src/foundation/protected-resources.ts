import { z } from 'zod'
import { jsonList } from './json-list.ts'

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** RFC 8707 §2, and the one spelling that `aud` will have: no query, fragment or trailing slash. */
const identifier = z.string().refine((text) => {
  if (!URL.canParse(text)) return false
  const { href, protocol, hostname, username, search, hash } = new URL(text)
  const spelled = href === text || href === `${text}/`
  const safe = protocol === 'https:' || (protocol === 'http:' && loopback.includes(hostname))
  return spelled && safe && !username && !search && !hash && !text.endsWith('/')
}, 'is an https address (or http on this computer) in its plain form, without query, fragment and trailing slash')

// RFC 6749 §3.3. What the authorization server gives a meaning of its own isn't a resource's to define.
const scopeName = z
  .string()
  .regex(/^(?!openid$|profile$|email$|offline_access$)[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'is no scope name')

const protectedResource = z
  .strictObject({
    resource: identifier,
    name: z.string().min(1).max(100),
    /** What the consent page says each scope allows, weakest first. */
    scopes: z
      .record(scopeName, z.string().min(1).max(200))
      .refine((all) => Object.keys(all).length > 0, 'names no scope'),
    /** Granted to apps that name none; all when absent. */
    default_scopes: z.array(z.string()).min(1).optional(),
  })
  .refine(({ scopes, default_scopes = [] }) => default_scopes.every((one) => Object.hasOwn(scopes, one)), {
    message: 'default_scopes holds a scope that scopes doesn’t explain',
  })

/** `TANDEM_RESOURCES`: other servers that Tandem signs people in for, as JSON in the environment. */
export const protectedResources = jsonList(protectedResource, 50).refine(
  (all) => new Set(all.map(({ resource }) => resource)).size === all.length,
  'names one resource twice',
)
