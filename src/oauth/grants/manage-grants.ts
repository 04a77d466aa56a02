import type { AuditEntry } from '#audit'
import type { GrantView } from '#contract'
import type { Clock } from '#foundation'
import type { OAuth } from '../oauth.ts'
import type { Resource } from '../ports.ts'
import { scopeWords } from '../authorize/scopes.ts'
import type { GrantStore } from './grant-store.ts'
import type { Grant } from './grant.ts'

const mostListed = 1000

/** What people and administrators do with grants: see them, end them. */
export function createGrantManager(deps: {
  store: GrantStore
  clock: Clock
  resources: readonly Resource[]
}): OAuth['grants'] {
  const { store, clock, resources } = deps
  return {
    async list(member) {
      const now = clock.now()
      return (await store.list(member, mostListed)).map((grant) => viewOf(grant, resources, now))
    },
    async end(id, by, reason) {
      const which = by.administrator ? { grant: id } : { grant: id, of: by.member }
      const actor: AuditEntry['actor'] = { kind: 'member', id: by.member }
      return (await store.end(which, reason, clock.now(), endedEntry(actor, reason))).length > 0
    },
    async endAllOf(member, reason) {
      const entry = endedEntry({ kind: 'system' }, reason)
      return (await store.end({ member }, reason, clock.now(), entry)).length
    },
  }
}

export function endedEntry(actor: AuditEntry['actor'], reason: string, ip?: string) {
  return (grant: Grant): AuditEntry => ({
    event: 'grant.ended',
    outcome: 'ok',
    actor,
    subject: { kind: 'grant', id: grant.id, name: grant.client.name },
    ...(ip === undefined ? {} : { ip }),
    detail: { reason, member: grant.member, client: grant.clientId },
  })
}

function viewOf(grant: Grant, resources: readonly Resource[], now: Date): GrantView {
  const expired = grant.status !== 'ended' && grant.expiresAt !== null && grant.expiresAt <= now
  const endedAt = expired ? grant.expiresAt : grant.endedAt
  const { objects } = grant.details
  return {
    id: grant.id,
    client: {
      id: grant.clientId,
      name: grant.client.name,
      verifiedDomain: grant.client.verifiedDomain,
      registration: grant.client.registration,
    },
    redirectHost: grant.client.redirectHost,
    scopes: scopeWords(
      resources.find(({ id }) => id === grant.resource),
      grant.scopes,
    ),
    limits: { objects: Array.isArray(objects) ? objects.filter((name) => typeof name === 'string') : null },
    status: expired ? 'ended' : grant.status,
    createdAt: grant.createdAt.toISOString(),
    lastUsedAt: grant.lastUsedAt?.toISOString() ?? null,
    expiresAt: grant.expiresAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    endedReason: expired ? 'It reached its end date.' : grant.endedReason,
  }
}
