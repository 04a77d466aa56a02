import { z } from 'zod'
import { isCrmScope } from './scopes.ts'

export const grantKinds = [
  'authorization_code',
  'device_code',
  'client_credentials',
  'token_exchange',
  'id_jag',
  'external',
] as const
export type GrantViewKind = (typeof grantKinds)[number]

/** A paused one can be resumed, a provisional one waits for an administrator, an ended one is over for good. */
export const grantStates = ['active', 'paused', 'provisional', 'ended'] as const
export type GrantState = (typeof grantStates)[number]

/** A grant as *Connected apps* and an administrator's list show it. */
export type GrantView = {
  id: string
  kind: GrantViewKind
  /** The grant it was exchanged from. */
  parent: string | null
  /** The person whose rights it carries. */
  member: string
  client: {
    id: string
    name: string
    verifiedDomain: string | null
    registration: 'manual' | 'metadata-document' | 'dynamic'
  }
  redirectHost: string
  resource: string
  scopes: { scope: string; words: string }[]
  /** Null: all that its person sees; from anywhere. */
  limits: { objects: string[] | null; addresses: readonly string[] | null }
  status: GrantState
  createdAt: string
  lastUsedAt: string | null
  /** Where its last call came from, and which tool that was. */
  lastIp: string | null
  lastTool: string | null
  pausedAt: string | null
  expiresAt: string | null
  endedAt: string | null
  endedReason: string | null
  /** It ended because somebody else may have had its tokens. */
  alarming: boolean
  /** True while an administrator has stopped this app, or every agent. */
  stopped: boolean
}

/** False for an app of an upstream alone: no record of ours is in its reach. */
export function reachesRecords({ scopes }: Pick<GrantView, 'scopes'>): boolean {
  return scopes.some(({ scope }) => isCrmScope(scope))
}

/** What a person takes away from a grant. Absent members stay as they are; nothing here can widen it. */
export const grantNarrowing = z.strictObject({
  scopes: z
    .array(z.string().max(200))
    .min(1, 'Leave at least one thing it may do, or end it')
    .max(50)
    .optional(),
  objects: z
    .array(z.string().max(64))
    .min(1, 'Leave at least one kind of record, or end it')
    .max(200)
    .optional(),
  /** Addresses and CIDRs; it can be used from nowhere else. */
  addresses: z
    .array(z.string().trim().min(1).max(64))
    .min(1, 'Leave at least one address, or end it')
    .max(50)
    .optional(),
  /** ISO time at which it ends by itself. */
  until: z.iso.datetime().optional(),
})
export type GrantNarrowing = z.infer<typeof grantNarrowing>

/** What grants did since then, by grant; one that did nothing isn't there. From the record of what happened. */
export type GrantDeeds = {
  since: string
  deeds: Record<string, { calls: number; /** Of the calls. */ refused: number; changes: number }>
}

export type StopView = {
  /** Null: every agent. */
  client: string | null
  reason: string
  by: string
  at: string
}
export const stopInput = z.strictObject({
  /** A client's id; absent: every agent. */
  client: z.string().min(1).max(2000).optional(),
  reason: z.string().trim().min(1, 'Say why: everybody who asks later will want to know').max(300),
  /** Also ends the grants, which lifting the stop doesn't bring back. */
  endGrants: z.boolean().default(false),
})
export const liftInput = z.strictObject({ client: z.string().min(1).max(2000).optional() })
