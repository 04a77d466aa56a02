import type { GrantView } from '#contract'
import { scopeWords } from '../authorize/scopes.ts'
import type { Resource } from '../ports.ts'
import { isAlarming } from './alarms.ts'
import type { Grant } from './grant.ts'
import { objectsOf } from './standing.ts'
import type { Stopped } from './stops.ts'

/** A grant as people see it. What has expired is over, whether or not anybody wrote it down. */
export function grantView(
  grant: Grant,
  { resources, stopped, now }: { resources: readonly Resource[]; stopped: Stopped; now: Date },
): GrantView {
  const expired = grant.status !== 'ended' && grant.expiresAt !== null && grant.expiresAt <= now
  const endedAt = expired ? grant.expiresAt : grant.endedAt
  const resource = resources.find(({ id }) => id === grant.resource)
  return {
    id: grant.id,
    kind: grant.kind,
    parent: grant.parent,
    member: grant.member,
    client: {
      id: grant.clientId,
      name: grant.client.name,
      verifiedDomain: grant.client.verifiedDomain,
      registration: grant.client.registration,
    },
    redirectHost: grant.client.redirectHost,
    resource: resource?.name ?? grant.resource,
    scopes: scopeWords(resource, grant.scopes),
    limits: { objects: objectsOf(grant.details), addresses: grant.addresses },
    status: expired ? 'ended' : stateOf(grant),
    createdAt: grant.createdAt.toISOString(),
    lastUsedAt: grant.lastUsedAt?.toISOString() ?? null,
    lastIp: grant.lastIp,
    lastTool: grant.lastTool,
    pausedAt: grant.pausedAt?.toISOString() ?? null,
    expiresAt: grant.expiresAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    endedReason: expired ? 'It reached its end date.' : grant.endedReason,
    alarming: isAlarming(grant.endedReason),
    stopped: stopped.has('*') || stopped.has(grant.clientId),
  }
}

function stateOf({ status, pausedAt }: Grant): GrantView['status'] {
  return status === 'active' && pausedAt !== null ? 'paused' : status
}
