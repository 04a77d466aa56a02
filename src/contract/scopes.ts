import { z } from 'zod'

/** What a CRM scope lets a client do, in the consent page's words (design §4). */
export const crmScopes = {
  'crm:read': 'See records and their history',
  'crm:propose': 'Suggest changes for you to approve',
  'crm:write': 'Add and change records',
  'crm:delete': 'Delete records',
  'crm:send': 'Send messages in your name',
  'crm:schema': 'Change objects and fields',
} as const
export type CrmScope = keyof typeof crmScopes

const { 'crm:read': read, 'crm:write': write, 'crm:delete': remove } = crmScopes
/** The scopes a client can ask for now: those that something answers to (decision 5). */
export const offeredScopes = { 'crm:read': read, 'crm:write': write, 'crm:delete': remove } as const

/** A broader scope satisfies the narrower ones behind it. */
export const scopeImplies: Record<CrmScope, readonly CrmScope[]> = {
  'crm:read': [],
  'crm:propose': ['crm:read'],
  'crm:write': ['crm:propose', 'crm:read'],
  'crm:delete': ['crm:read'],
  'crm:send': ['crm:read'],
  'crm:schema': ['crm:read'],
}

/** What the first challenge names and what a request without scopes gets: several clients never step up. */
export const defaultScopes: readonly CrmScope[] = ['crm:read', 'crm:write']

/** True when the granted scopes, with what they imply, cover the wanted one. */
export function coversScope(granted: readonly string[], wanted: string): boolean {
  return granted.some(
    (scope) =>
      scope === wanted || (isCrmScope(scope) && (scopeImplies[scope] as readonly string[]).includes(wanted)),
  )
}

export function isCrmScope(scope: string): scope is CrmScope {
  return Object.hasOwn(crmScopes, scope)
}

/** The limits of a grant: RFC 9396 `authorization_details` of type `tandem_crm`. Absent members don't narrow. */
export const limits = z.strictObject({
  /** Objects the grant reaches, by name; absent = all that its person may see. */
  objects: z.array(z.string().min(1).max(64)).max(200).optional(),
})
export type Limits = z.infer<typeof limits>
