import { z } from 'zod'
import type { ClientAbout } from './client.ts'
import { cleanClientName } from './client-name.ts'
import { readRedirectUri } from './redirect-uri.ts'

const linkNames = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const
const mostContacts = 10
const longestText = 200
const longestScope = 1000

// What only describes is left out when it is wrong (A105, A106: a refusal would end the whole registration).
const text = z
  .string()
  .max(longestText)
  .transform((value) => cleanClientName(value, longestText))
  .pipe(z.string().min(1))
const words = {
  application_type: z.enum(['native', 'web']),
  software_id: text,
  software_version: text,
  contacts: z.array(text).min(1).max(mostContacts),
  // RFC 6749 §3.3: NQCHAR, separated by single spaces.
  scope: z
    .string()
    .max(longestScope)
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/),
} as const

/** What a client asks to be held to: a wrong value is refused, since leaving it out would hold it to less. */
export const promises = z.object({
  /** RFC 9449 §5.2. */
  dpop_bound_access_tokens: z.boolean().optional(),
  /** RFC 9126 §6. */
  require_pushed_authorization_requests: z.boolean().optional(),
})

/** RFC 7591 §5: https alone, so never javascript: or data:. Nothing is fetched. */
export function readLinks(set: Record<string, unknown>): Record<string, string> {
  const links: Record<string, string> = {}
  for (const name of linkNames) {
    const value = set[name]
    if (typeof value !== 'string' || value.length > 2000 || !URL.canParse(value)) continue
    const url = new URL(value)
    if (url.protocol === 'https:' && !url.username && !url.password) links[name] = url.href
  }
  return links
}

/** What else a client says of itself: cleaned as its name is, never trusted, echoed as it was kept. */
export function readAbout(set: Record<string, unknown>, appSchemes: readonly string[]): ClientAbout {
  const { application_type, software_id, software_version, contacts, scope } = words
  const afterLogout = readAfterLogout(set['post_logout_redirect_uris'], appSchemes)
  return withoutUndefined({
    application_type: read(application_type, set['application_type']),
    software_id: read(software_id, set['software_id']),
    software_version: read(software_version, set['software_version']),
    contacts: read(contacts, set['contacts']),
    scope: read(scope, set['scope']),
    post_logout_redirect_uris: afterLogout.length > 0 ? afterLogout : undefined,
  })
}

// Most clients say nothing of themselves: that costs no parse and no error.
function read<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  return value === undefined ? undefined : schema.safeParse(value).data
}

const uris = z.array(z.string()).max(32)
// OpenID Connect RP-Initiated Logout §3.1: by the rules of redirect URIs (attacks R8).
function readAfterLogout(value: unknown, appSchemes: readonly string[]): string[] {
  return [...new Set(read(uris, value))].filter((uri) => typeof readRedirectUri(uri, appSchemes) !== 'string')
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }
/** RFC 7591 §3.2.1: what isn't set isn't there. */
export function withoutUndefined<T extends object>(value: T): Partial<Defined<T>> {
  // Members that are left have none of the values taken out.
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<
    Defined<T>
  >
}
